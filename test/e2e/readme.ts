import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './kubectl.ts'

/** The commands below a heading of the README, as a user types them. */
export function readmeCommands(heading: string): string[] {
  const text = readFileSync(join(root, 'README.md'), 'utf8')
  const section = text.split(/^## /m).find((part) => part.startsWith(`${heading}\n`))
  const blocks = [...(section ?? '').matchAll(/^```sh\n(.*?)^```$/gms)].map(
    ([, code]) => code ?? '',
  )
  const lines = blocks.join('').split('\n')
  const commands = lines.map((line) => line.replace(/\s+#.*$/, '')).filter((line) => line !== '')
  assert.notEqual(commands.length, 0, `README.md has no commands below ${heading}`)
  return commands
}
