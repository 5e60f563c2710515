import type { Files } from '../../../lib/files.ts'
import { StorageError } from '../../../lib/storage-error.ts'
import { nextOffsetOf } from '../../protocol/records/header.ts'
import { decodeBatch, type MetadataBatch } from '../batch.ts'
import { MetadataError } from '../metadata-error.ts'
import { applyBatch, emptyState, type MetadataState } from '../position.ts'
import { readSnapshot } from '../snapshot.ts'
import type { metadataFiles } from './file-names.ts'
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

export type ReadLogOptions = {
  readonly files: Pick<Files, 'readFile'>
  readonly directory: string
  /** Less than that means that records are gone which were there. */
  readonly minEndOffset?: number
  /**
   * Whether a snapshot may be of an offset that the log has not reached: so it is in a copy, which
   * is given one instead of the records it missed, and never where the records are made.
   */
  readonly mayJump: boolean
}

/** A segment or a snapshot. */
export type Named = { readonly name: string; readonly offset: number }

/**
 * Reads the newest snapshot, and the segments behind it. Nothing is changed, and nothing of it need be
 * durable: whoever is to act on it goes by `openLogFiles`.
 *
 * @throws {StorageError} Untrusted, where records were there that are not any more, with file, byte and
 *   offset. @throws {MetadataError} Where records are not known to this version, or do not fit.
 */
export function readLogFiles(
  options: ReadLogOptions,
  { segments, snapshots }: Pick<ReturnType<typeof metadataFiles>, 'segments' | 'snapshots'>,
): FoundLog & ReadLog {
  const { snapshot, snapshotBytes } = readNewest(options, snapshots.at(-1))
  return { snapshot, snapshotBytes, ...readSegments(options, segments, snapshot) }
}

/** The index of the first segment of which not all is in the snapshot; the last is always needed. */
export function firstNeeded(
  segments: readonly Named[],
  snapshot: { readonly offset: number },
): number {
  const index = segments.findIndex((_, index) => {
    const next = segments[index + 1]
    return next === undefined || next.offset > snapshot.offset
  })
  return Math.max(0, index)
}

function readNewest(
  { files, directory }: ReadLogOptions,
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

export type ReadLog = {
  readonly batches: readonly MetadataBatch[]
  readonly state: MetadataState
  /** The last segment; undefined where one is to be made. */
  readonly last:
    | { readonly name: string; readonly bytes: Uint8Array; readonly survey: SegmentSurvey }
    | undefined
}

function readSegments(
  { files, directory, mayJump, minEndOffset = 0 }: ReadLogOptions,
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
