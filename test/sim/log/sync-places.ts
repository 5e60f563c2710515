import type { SyncCall } from '../disk/sync-call.ts'
import { runLog } from './run.ts'

/** Where in the code a sync is asked for, and of what: `sync .log in Segment.sync`. */
export function placeOf({ call, path, callers }: SyncCall): string {
  const what = call === 'sync' ? (/\.[a-z]+$/.exec(path)?.[0] ?? 'small file') : depthOf(path)
  // The first caller with a name that is not the door to the file itself.
  const named = callers.map((caller) => caller.split(' ')[0] as string)
  const where = named.find((name) => /^[A-Za-z]+(\.[A-Za-z]+)?$/.test(name) && !doors.has(name))
  return `${call} ${what} in ${where ?? 'nowhere'}`
}

const doors = new Set(['FileHandles.hold', 'BatchFile.sync', 'writeFile', 'LogParts.guard'])

function depthOf(path: string): string {
  return path.split('/').length > 2 ? 'partition' : 'data'
}

/** All places that are met in some runs. */
export async function placesMet(seeds: number): Promise<string[]> {
  const places = new Set<string>()
  for (let seed = 1; seed <= seeds; seed++) {
    await runLog(seed, (sync) => {
      places.add(placeOf(sync))
      return false
    })
  }
  return [...places].toSorted()
}
