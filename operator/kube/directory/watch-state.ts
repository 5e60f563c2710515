import { same } from '../../api/schema/values.ts'
import { subjectOf } from './findings.ts'
import type { Accepted, Finding } from './manifest.ts'
import type { ParsedFile } from './parse-manifests.ts'
import type { DirectoryRead } from './read-files.ts'

/** What is known of a directory that is watched. */
export type WatchState = {
  /** Which directory it was; undefined until it was read for the first time. */
  readonly identity: string | undefined
  /** By key, the last that was accepted of each resource. */
  readonly held: ReadonlyMap<string, Held>
}
export type Held = Accepted & {
  /** Since when no file has it, by the clock that never goes back. */
  readonly missingSinceMs?: number
}

/** Something that happened to one resource. */
export type Step = { readonly type: 'Applied' | 'Vanished'; readonly key: string } & Accepted

export const emptyWatchState: WatchState = { identity: undefined, held: new Map() }

/**
 * What follows from reading a directory again. Pure.
 *
 * To delete a topic is to delete its data, and a directory has many ways to look empty that nobody
 * meant as a deletion. So a resource vanishes only if it is in no file for `graceMs`, in the same
 * directory, while all files can be read: an editor may replace its file by another one, somebody may
 * be half way through moving resources to a file that has a mistake yet, a volume may have been
 * unmounted. What goes missing one after another vanishes together, so that topics are not deleted
 * for who is about to remove their cluster too. What is missing when a directory is read for the first
 * time is just not there.
 *
 * @param accepted What of it is right, by key; a resource that is there and wrong stays as it was.
 */
export function nextWatchState(
  state: WatchState,
  read: DirectoryRead,
  accepted: ReadonlyMap<string, Accepted>,
  { nowMs, graceMs }: { readonly nowMs: number; readonly graceMs: number },
): { readonly state: WatchState; readonly steps: Step[]; readonly findings: Finding[] } {
  if (read.identity === undefined) return { state, steps: [], findings: [] }
  const replaced = state.identity !== undefined && state.identity !== read.identity
  const files = [...read.files.values()].map(({ parsed }) => parsed)
  const present = new Set(files.flatMap(({ manifests }) => manifests.map(({ key }) => key)))
  const broken = files.filter(({ complete }) => !complete)

  const isGone = (key: string) => !accepted.has(key) && !present.has(key)
  const isOver = [...state.held].every(([key, { missingSinceMs }]) => {
    return !isGone(key) || (missingSinceMs !== undefined && nowMs - missingSinceMs >= graceMs)
  })

  const held = new Map<string, Held>()
  const steps: Step[] = []
  const findings: Finding[] = []
  for (const [key, before] of state.held) {
    const { manifest, resource, missingSinceMs = nowMs } = before
    if (accepted.has(key)) continue
    if (present.has(key)) {
      held.set(key, { manifest, resource })
    } else if (replaced) {
      findings.push(kept(before, 'since the directory is another one than before'))
    } else if (broken.length > 0) {
      held.set(key, { manifest, resource })
      findings.push(kept(before, untilRead(broken)))
    } else if (isOver) {
      steps.push({ type: 'Vanished', key, manifest, resource })
    } else {
      held.set(key, { manifest, resource, missingSinceMs })
    }
  }
  for (const [key, now] of accepted) {
    held.set(key, now)
    const before = state.held.get(key)
    if (before !== undefined && same(before.resource, now.resource)) continue
    steps.push({ type: 'Applied', key, ...now })
  }
  return { state: { identity: read.identity, held }, steps, findings }
}

/** A file that cannot be read may be the one that the resource was moved to. */
function untilRead(broken: readonly ParsedFile[]): string {
  const places = broken.flatMap(({ findings }) => findings.slice(0, 1)).map(placeOf)
  const named = places.length <= 3 ? places : [...places.slice(0, 2), `${places.length - 2} more`]
  const last = named.length === 1 ? '' : ` and ${named.at(-1)}`
  const files = `${named.slice(0, Math.max(1, named.length - 1)).join(', ')}${last}`
  return `as long as ${files} cannot be read, since it may be there: mend or remove what is broken`
}

function placeOf({ file, line }: Finding): string {
  return line === undefined ? file : `${file}:${line}`
}

function kept({ manifest }: Accepted, why: string): Finding {
  return {
    level: 'note',
    file: manifest.place.file,
    subject: subjectOf(manifest),
    reason: 'Kept',
    message: `is no longer there, and is kept ${why}`,
  }
}
