import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { effort } from '../../../support/effort.ts'
import { mutants } from './mutants.ts'

const program = join(import.meta.dirname, 'run-mutant.ts')
const isThorough = effort(0, 1) === 1
/** The others take a minute together. */
const soonFound = new Set([
  'who is fenced stays in sync',
  'acks=all does not wait',
  'groups are told of what was loaded before it is committed',
])

for (const { name, breaks } of mutants) {
  test.runIf(isThorough || soonFound.has(name))(
    `a rule that is taken out is missed: ${name}`,
    { timeout: 120_000 },
    async () => {
      const { stdout } = await promisify(execFile)(process.execPath, [program, name])
      const { seed, invariant } = JSON.parse(stdout) as { seed: number | null; invariant: string }
      expect(seed, 'found in 200 seeds').not.toBeNull()
      expect(breaks).toContain(invariant)
    },
  )
}
