import type { Files, OpenFile } from '../../../lib/files.ts'
import { replaceFile } from '../../../lib/replace-file.ts'
import { StorageError } from '../../../lib/storage-error.ts'
import { nextOffsetOf } from '../../protocol/records/header.ts'
import { decodeBatch, type MetadataBatch } from '../batch.ts'
import { MetadataError } from '../metadata-error.ts'
import { applyBatch, emptyState, type MetadataState } from '../position.ts'
import { readSnapshot } from '../snapshot.ts'
import { metadataFiles, partName, segmentName } from './file-names.ts'
import { type SegmentSurvey, surveySegment, untrusted } from './survey-segment.ts'

/** What a directory holds of a log. */
export type FoundLog = {
  /** The newest snapshot; the empty state where there is none. */
  readonly snapshot: MetadataState
  /** How large it is; 0 where there is none. */
  readonly snapshotBytes: number
  readonly batches: readonly MetadataBatch[] // behind it
  /** After all of them. */
  readonly state: MetadataState
}

export type OpenedSegment = {
  readonly file: OpenFile
  readonly sizeBytes: number
}

export type LogFilesOptions = {
  readonly files: Files
  /** Made if it is not there; what it is in must be there, durably. */
  readonly directory: string
  /** Less than that means that records are gone which were there. */
  readonly minEndOffset?: number
  /**
   * Whether a snapshot may be of an offset that the log has not reached: so it is in a copy, which
   * is given one instead of the records it missed, and never where the records are made.
   */
  readonly mayJump: boolean
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
  const { snapshot, snapshotBytes } = readNewest(options, snapshots.at(-1))
  const log = readSegments(options, segments, snapshot)

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

type Named = { readonly name: string; readonly offset: number }

function coveredFiles(
  { segments, snapshots }: { segments: readonly Named[]; snapshots: readonly Named[] },
  snapshot: { readonly offset: number },
): Named[] {
  return [...snapshots.slice(0, -1), ...segments.slice(0, firstNeeded(segments, snapshot))]
}

/** The index of the first segment of which not all is in the snapshot; the last is always needed. */
function firstNeeded(segments: readonly Named[], snapshot: { readonly offset: number }): number {
  const index = segments.findIndex((_, index) => {
    const next = segments[index + 1]
    return next === undefined || next.offset > snapshot.offset
  })
  return Math.max(0, index)
}

function readNewest(
  { files, directory }: LogFilesOptions,
  newest: { name: string; offset: number; epoch: number } | undefined,
): { snapshot: MetadataState; snapshotBytes: number } {
  if (newest === undefined) return { snapshot: emptyState, snapshotBytes: 0 }
  const { name, offset, epoch } = newest
  const path = `${directory}/${name}`
  try {
    const bytes = files.readFile(path) ?? new Uint8Array(0)
    const image = naming(path, () => readSnapshot(bytes))
    if (image.controller.epoch !== epoch) {
      throw untrusted(path, `holds epoch ${image.controller.epoch}`)
    }
    return { snapshot: { image, offset }, snapshotBytes: bytes.length }
  } catch (error) {
    if (!(error instanceof MetadataError)) throw error
    if (error.problem !== 'Incomplete' && error.problem !== 'Malformed') throw error
    throw new StorageError('Untrusted', error.message, { cause: error })
  }
}

type ReadLog = {
  readonly batches: readonly MetadataBatch[]
  readonly state: MetadataState
  /** The last segment; undefined where one is to be made. */
  readonly last:
    | { readonly name: string; readonly bytes: Uint8Array; readonly survey: SegmentSurvey }
    | undefined
}

function readSegments(
  { files, directory, mayJump, minEndOffset = 0 }: LogFilesOptions,
  segments: readonly Named[],
  snapshot: MetadataState,
): ReadLog {
  const needed = segments.slice(firstNeeded(segments, snapshot))
  const batches: MetadataBatch[] = []
  let state = snapshot
  let last: ReadLog['last']
  let endOffset = Math.min(needed[0]?.offset ?? 0, snapshot.offset)
  for (const { name, offset } of needed) {
    const path = `${directory}/${name}`
    if (offset !== endOffset) throw untrusted(path, `begins where offset ${endOffset} is next`)
    const bytes = files.readFile(path) ?? new Uint8Array(0)
    const survey = surveySegment(bytes, path, offset)
    if (survey.damage !== undefined && name !== needed.at(-1)?.name) {
      const where = `at byte ${survey.sizeBytes}, offset ${survey.endOffset}`
      throw untrusted(path, `damaged ${where}, and not the last: ${survey.damage}`)
    }
    for (const start of survey.starts) {
      if (nextOffsetOf(bytes, start) <= snapshot.offset) continue
      const batch = naming(path, () => decodeBatch(bytes, start))
      state = naming(path, () => applyBatch(state, batch))
      batches.push(batch)
    }
    endOffset = survey.endOffset
    last = { name, bytes, survey }
  }

  const pathOfLast = last === undefined ? directory : `${directory}/${last.name}`
  if (endOffset < snapshot.offset) {
    // A copy that was given a snapshot, and stopped before it began a segment behind it.
    if (mayJump) return { batches: [], state: snapshot, last: undefined }
    const what = `ends at offset ${endOffset}, before its snapshot at ${snapshot.offset}`
    throw untrusted(pathOfLast, what)
  }
  if (endOffset < minEndOffset) {
    const damage = last?.survey.damage
    const why = damage === undefined ? '' : `: ${damage}`
    throw untrusted(pathOfLast, `records are gone that were there${why}`)
  }
  return { batches, state, last }
}

function naming<T>(path: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof MetadataError)) throw error
    throw new MetadataError(error.problem, `${path}: ${error.message}`, { cause: error })
  }
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
