import type { Files } from '../../../lib/files.ts'
import { metadataFiles } from './file-names.ts'
import { type FoundLog, readLogFiles } from './read-log-files.ts'

/**
 * Reads a log that another process may be writing, and changes nothing. Its files come and go with each
 * snapshot, so what was read counts only if they are the same afterwards. An append that is only half
 * there is left out.
 *
 * @returns Undefined where there is no log.
 * @throws {StorageError} {MetadataError} As `readLogFiles`.
 */
export function readLiveLog(
  files: Pick<Files, 'list' | 'readFile'>,
  directory: string,
): FoundLog | undefined {
  for (let left = attempts; ; left--) {
    const names = logNames(files, directory)
    if (names.segments.length === 0) return undefined
    const isSettled = () => left === 1 || sameNames(names, logNames(files, directory))
    try {
      const found = readLogFiles({ files, directory, mayJump: false }, names)
      if (isSettled()) return found
    } catch (error) {
      if (isSettled()) throw error
    }
  }
}

type Names = Pick<ReturnType<typeof metadataFiles>, 'segments' | 'snapshots'>

function logNames(files: Pick<Files, 'list'>, directory: string): Names {
  const { segments, snapshots } = metadataFiles(files.list(directory))
  return { segments, snapshots }
}

function sameNames(before: Names, after: Names): boolean {
  return JSON.stringify(before) === JSON.stringify(after)
}

/** A snapshot is taken every 512 KiB at most: they do not come one upon the other. */
const attempts = 10
