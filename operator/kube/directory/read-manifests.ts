import type { Clock } from '../../../lib/clock.ts'
import { judge } from './judge.ts'
import type { Accepted, Finding } from './manifest.ts'
import type { ManifestFiles } from './manifest-files.ts'
import { readFiles } from './read-files.ts'

/** What a directory of manifests says. */
export type ManifestSet = {
  readonly accepted: readonly Accepted[]
  readonly findings: readonly Finding[]
}

/**
 * Reads and checks all manifests of a directory, once.
 *
 * @returns What is right, and one finding for each thing that is not. Nothing of the directory makes
 *   it throw.
 */
export async function readManifests(
  directory: string,
  files: ManifestFiles,
  clock: Clock,
): Promise<ManifestSet> {
  const turn = () => clock.turn()
  const read = await readFiles({ directory, files, turn })
  const parsed = [...read.files.values()].map((file) => file.parsed)
  const manifests = parsed.flatMap((file) => file.manifests)
  const { accepted, findings } = await judge(manifests, turn)
  return {
    accepted: [...accepted.values()],
    findings: [...read.findings, ...parsed.flatMap((file) => file.findings), ...findings],
  }
}
