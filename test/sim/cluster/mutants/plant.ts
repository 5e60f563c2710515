import { registerHooks } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Mutant } from './mutants.ts'

const root = join(import.meta.dirname, '../../../..')

/**
 * Has the product's code be another where it is loaded from now on. Nothing is written.
 *
 * @throws {Error} The text that the mutant replaces is not there once: the code has moved on.
 */
export function plant({ name, file, from, to }: Mutant): void {
  const url = pathToFileURL(join(root, file)).href
  registerHooks({
    load(asked, context, nextLoad) {
      const loaded = nextLoad(asked, context)
      if (asked !== url) return loaded
      const { source } = loaded
      const text =
        typeof source === 'string' ? source : Buffer.from(source as Uint8Array).toString()
      const parts = text.split(from)
      if (parts.length !== 2) {
        throw new Error(`${name}: ${file} has ${parts.length - 1} times: ${from}`)
      }
      return { ...loaded, source: parts.join(to) }
    },
  })
}
