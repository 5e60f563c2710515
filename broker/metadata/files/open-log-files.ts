import type { Files, OpenFile } from '../../../lib/files.ts'
import { replaceFile } from '../../../lib/replace-file.ts'
import { metadataFiles, partName, segmentName } from './file-names.ts'
import {
  type FoundLog,
  firstNeeded,
  type Named,
  type ReadLog,
  type ReadLogOptions,
  readLogFiles,
} from './read-log-files.ts'

/** The directory is made if it is not there; what it is in must be there, durably. */
export type LogFilesOptions = ReadLogOptions & { readonly files: Files }

export type OpenedSegment = {
  readonly file: OpenFile
  readonly sizeBytes: number
}

/**
 * Reads what is there, and makes it durable: a process that was killed may have written what it
 * never synced, and nobody may act on records that can still be lost. After a sync that failed
 * Linux takes what it was for as written, so the next one would succeed without it: whatever may be
 * in that state (the last batch, an empty segment's name, a snapshot that covers something) is
 * written anew. A last append that was cut short is cut off; where there is nothing, an empty
 * segment is made.
 *
 * @throws {StorageError} Untrusted, where records were there that are not any more, with file,
 *   byte and offset. Nothing is changed then.
 * @throws {MetadataError} Where records are not known to this version, or do not fit.
 */
export function openLogFiles(options: LogFilesOptions): FoundLog & { segment: OpenedSegment } {
  const { files, directory } = options
  const parent = directory.slice(0, directory.lastIndexOf('/')) || '/'
  files.makeDirectory(directory)
  files.syncDirectory(parent)

  const { segments, snapshots, parts } = metadataFiles(files.list(directory))
  const { snapshot, snapshotBytes, ...log } = readLogFiles(options, { segments, snapshots })

  const covered = coveredFiles({ segments, snapshots }, snapshot)
  if (covered.length > 0) writeAnew(options, snapshots.at(-1)?.name)
  const segment = openLast(options, log)
  try {
    files.syncDirectory(directory)
    for (const { name } of [...parts, ...covered]) files.remove(`${directory}/${name}`)
  } catch (error) {
    segment.file.close()
    throw error
  }
  return { snapshot, snapshotBytes, batches: log.batches, state: log.state, segment }
}

/** Removes what the newest snapshot says too: its name must be durable. */
export function removeCovered(
  files: Files,
  directory: string,
  snapshot: { readonly offset: number },
): void {
  const covered = coveredFiles(metadataFiles(files.list(directory)), snapshot)
  for (const { name } of covered) files.remove(`${directory}/${name}`)
}

function coveredFiles(
  { segments, snapshots }: { segments: readonly Named[]; snapshots: readonly Named[] },
  snapshot: { readonly offset: number },
): Named[] {
  return [...snapshots.slice(0, -1), ...segments.slice(0, firstNeeded(segments, snapshot))]
}

/** Cuts off what an append left that was cut short, and makes the rest durable. */
function openLast({ files, directory }: LogFilesOptions, { last, state }: ReadLog): OpenedSegment {
  const start = last?.survey.starts.at(-1)
  if (last === undefined || start === undefined) {
    return emptySegment({ files, directory }, last?.name ?? segmentName(state.offset))
  }
  const { sizeBytes } = last.survey
  const file = files.open(`${directory}/${last.name}`)
  try {
    file.write([last.bytes.subarray(start, sizeBytes)], start)
    file.truncate(sizeBytes + 1) // a length that does not change would not be written
    file.truncate(sizeBytes)
    file.sync()
    return { file, sizeBytes }
  } catch (error) {
    file.close()
    throw error
  }
}

/** In the place of one that may be there. */
function emptySegment(
  { files, directory }: Pick<LogFilesOptions, 'files' | 'directory'>,
  name: string,
): OpenedSegment {
  const part = `${directory}/${partName(name)}`
  files.remove(part)
  const file = files.create(part)
  files.rename(part, `${directory}/${name}`)
  return { file, sizeBytes: 0 }
}

/** What it covers is there still, so its name may not be durable, and no sync make it so. */
function writeAnew({ files, directory }: LogFilesOptions, name: string | undefined): void {
  const bytes = name === undefined ? undefined : files.readFile(`${directory}/${name}`)
  if (name === undefined || bytes === undefined) return
  replaceFile(files, directory, name, bytes)
}
