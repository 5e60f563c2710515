import { recoverSwaps } from './compaction/swap.ts'
import type { DirectoryNames } from './index-file.ts'
import type { LeaderEpochStart } from './leader-epochs.ts'
import type { Found, LogServices, OpenedLog } from './log-options.ts'
import { LogState } from './log-state.ts'
import { parseSegmentFileName, type SegmentFile, segmentFileName } from './names.ts'
import { OffsetIndex } from './offset-index.ts'
import { replaySegments } from './replay.ts'
import { Segment } from './segment.ts'
import { rebuild } from './segment-recovery.ts'
import { Segments } from './segments.ts'
import { StateFiles } from './state-files.ts'
import { type RecoveryOptions, surveyOf, untrusted } from './survey.ts'
import { TimeIndex } from './time-index.ts'
import { abortedTransactionSizeBytes } from './transaction-index.ts'

/**
 * Opens the log in a directory. After a crash each batch from the flushed end on is checked, and
 * what follows the last good one is cut off: it was never durable. Where nothing lies behind the
 * flushed end nothing is changed. Indexes that are missing or cannot be right are made anew.
 *
 * @returns What was found; nothing at all for a directory that is not there.
 * @throws {StorageError} Untrusted if what was durable is missing or damaged. Nothing is changed
 *   then, so that it can be looked at and mended.
 */
export function openLog(options: RecoveryOptions, services: LogServices): OpenedLog {
  const { directory, flushedEndOffset, logStartOffset } = options
  recoverSwaps(services.files, directory)
  const names = new Set(services.files.list(directory))
  const changes: DirectoryNames = { changed: false }
  const all = baseOffsetsIn(names)
  // Segments before the start were removed; that they are gone may not have been durable.
  const bases = all.filter((_, index) => (all[index + 1] ?? Number.MAX_VALUE) > logStartOffset)
  if (bases.length === 0) {
    if (flushedEndOffset > logStartOffset) {
      throw untrusted(options, `it is empty, but ended at ${flushedEndOffset} or behind`)
    }
    removeOrphans(names, all, options, services)
    const range = { start: logStartOffset, end: logStartOffset, flushedEnd: logStartOffset }
    return { ...openedOf(new Segments([]), range, undefined, 'recovered'), names: changes }
  }

  const segments = bases.map((baseOffset) =>
    openSegment({ ...options, changes }, services, names, baseOffset),
  )
  const survey = surveyOf(segments, options)
  if (survey.end < flushedEndOffset) {
    throw untrusted(options, `it ends at ${survey.end}, but ${flushedEndOffset} was durable`)
  }
  for (const old of all.slice(0, all.length - bases.length)) {
    removeSegment(openSegment({ ...options, changes }, services, names, old), services)
  }
  removeOrphans(names, all, options, services)
  const { end, found } = survey
  const kept = segments.slice(0, survey.kept)
  for (const behind of segments.slice(survey.kept)) removeSegment(behind, services)
  const rebuilt = new Set<Segment>()
  for (const segment of kept) {
    const goodBytes = survey.goodBytes.get(segment)
    const isAsFlushed = found === 'flushed' && segment === kept.at(-1)
    if (goodBytes === undefined && (isAsFlushed || hasGoodIndexes(segment, names))) continue
    rebuild(segment, goodBytes ?? segment.sizeBytes)
    rebuilt.add(segment)
  }
  if (found === 'flushed') kept.at(-1)?.findLargest() // nobody may have closed it

  const start = Math.min(end, Math.max(logStartOffset, bases[0] as number))
  const state = recoverState(new StateFiles(services.files, directory), kept, rebuilt, options, end)
  // What was removed must not come back beside what is written at the same offsets from now on. A
  // process that was killed may have removed some and not have got to this. Where nothing had to be
  // recovered that is left for later: see `SegmentStore.settle`.
  if (found === 'recovered') services.files.syncDirectory(directory)
  const flushedEnd = options.clean ? end : Math.max(start, flushedEndOffset)
  const opened = openedOf(new Segments(kept), { start, end, flushedEnd }, state, found)
  return { ...opened, names: changes }
}

/**
 * What is known beside the batches: from the files, and from the batches that these do not cover
 * or whose segment was gone over.
 */
function recoverState(
  files: StateFiles,
  segments: readonly Segment[],
  rebuilt: ReadonlySet<Segment>,
  { nowMs, producerIdExpirationMs, logStartOffset }: RecoveryOptions,
  end: number,
): LogState {
  const fromOffset = segments[0]?.baseOffset ?? end
  const notBehind = Math.min(end, ...[...rebuilt].map(({ baseOffset }) => baseOffset))
  files.removeSnapshots((offset) => offset > end)
  const expiry = { nowMs, producerIdExpirationMs }
  const epochs = files.readEpochs()
  const written = epochs?.entries // as they are in the file: what follows changes the epochs
  // Without the epochs all batches have to be gone over, since each may begin one.
  const covered = epochs === undefined ? fromOffset : notBehind
  const producers = files.readSnapshot(covered, { fromOffset, ...expiry })
  const state = new LogState(epochs, producers)
  replaySegments(segments, state, (segment, { ended }) => {
    if (ended?.isAborted === true && rebuilt.has(segment)) segment.indexes.addAborted(ended)
  })
  // They may belong to batches that were durable before, and that no later flush covers again.
  for (const segment of rebuilt) segment.indexes.syncNow()
  state.epochs.truncateFromStart(logStartOffset)
  if (!sameStarts(state.epochs.entries, written)) files.writeEpochs(state.epochs)
  return state
}

function sameStarts(
  starts: readonly LeaderEpochStart[],
  others: readonly LeaderEpochStart[] | undefined,
): boolean {
  return (
    starts.length === others?.length &&
    starts.every(({ epoch, startOffset }, index) => {
      return epoch === others[index]?.epoch && startOffset === others[index].startOffset
    })
  )
}

/** A segment that was closed has both files, even if there is nothing to say in one. */
function hasGoodIndexes(segment: Segment, names: ReadonlySet<string>): boolean {
  if (segment.sizeBytes === 0) return true
  const { baseOffset } = segment
  const kinds = ['index', 'timeindex'] as const
  if (!kinds.every((kind) => names.has(segmentFileName(baseOffset, kind)))) return false
  return segment.indexes.makeSense(segment.sizeBytes)
}

function openSegment(
  {
    directory,
    config: { indexIntervalBytes },
    changes,
  }: RecoveryOptions & { changes: DirectoryNames },
  { handles }: LogServices,
  names: ReadonlySet<string>,
  baseOffset: number,
): Segment {
  const sizeOf = (kind: SegmentFile) => {
    const name = segmentFileName(baseOffset, kind)
    return names.has(name) ? handles.use(`${directory}/${name}`).sizeBytes() : undefined
  }
  const entriesOf = (kind: SegmentFile, entryBytes: number) => {
    const sizeBytes = sizeOf(kind)
    return sizeBytes === undefined ? undefined : Math.floor(sizeBytes / entryBytes)
  }
  const state = {
    sizeBytes: sizeOf('log') ?? 0,
    indexEntries: entriesOf('index', OffsetIndex.entryBytes),
    timeEntries: entriesOf('timeindex', TimeIndex.entryBytes),
    abortedEntries: entriesOf('txnindex', abortedTransactionSizeBytes),
  }
  return new Segment(handles, { directory, baseOffset, indexIntervalBytes, names: changes }, state)
}

/** Indexes of a segment that is gone: one that begins at the same offset must not find them. */
function removeOrphans(
  names: ReadonlySet<string>,
  bases: readonly number[],
  { directory }: RecoveryOptions,
  { files }: LogServices,
): void {
  for (const name of names) {
    const file = parseSegmentFileName(name)
    if (file === undefined || file.kind === 'snapshot' || bases.includes(file.baseOffset)) continue
    files.remove(`${directory}/${name}`)
  }
}

function removeSegment(segment: Segment, { files }: LogServices): void {
  segment.release()
  for (const path of segment.paths()) files.remove(path)
}

function baseOffsetsIn(names: ReadonlySet<string>): number[] {
  const files = [...names].map(parseSegmentFileName)
  const logs = files.filter((file) => file?.kind === 'log')
  return logs.map((file) => file?.baseOffset ?? 0).toSorted((a, b) => a - b)
}

function openedOf(
  segments: Segments,
  { start, end, flushedEnd }: { start: number; end: number; flushedEnd: number },
  state: LogState | undefined,
  found: Found,
): Omit<OpenedLog, 'names'> {
  return {
    segments,
    logStartOffset: start,
    logEndOffset: end,
    flushedEndOffset: flushedEnd,
    state,
    found,
  }
}
