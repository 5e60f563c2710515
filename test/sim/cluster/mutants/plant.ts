import { registerHooks } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Edit, Mutant } from './mutant.ts'

const root = join(import.meta.dirname, '../../../..')

/**
 * Has the product's code be another where it is loaded from now on. Nothing is written.
 *
 * @throws {Error} The text that the mutant replaces is not there once: the code has moved on.
 */
export function plant({ name, also = [], ...own }: Mutant): void {
  const edits = [own, ...also]
  registerHooks({
    load(asked, context, nextLoad) {
      const loaded = nextLoad(asked, context)
      const here = edits.filter(({ file }) => pathToFileURL(join(root, file)).href === asked)
      if (here.length === 0) return loaded
      const { source } = loaded
      const text =
        typeof source === 'string' ? source : Buffer.from(source as Uint8Array).toString()
      return { ...loaded, source: here.reduce((now, edit) => edited(now, edit, name), text) }
    },
  })
}

function edited(text: string, { file, from, to }: Edit, name: string): string {
  const parts = text.split(from)
  if (parts.length === 2) return parts.join(to)
  throw new Error(`${name}: ${file} has ${parts.length - 1} times: ${from}`)
}
