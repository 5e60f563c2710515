import type { LogConfig } from '../log-config.ts'

/** What is asked of a segment. A `Segment` is one; it reads `firstTimestamp` from the disk. */
export type SegmentFacts = {
  readonly baseOffset: number
  readonly sizeBytes: number
  /** Of all records, or -1 if there is none. */
  readonly maxTimestamp: number
  /** Of the first batch, if it has one. Only asked for where `max.compaction.lag.ms` is set. */
  readonly firstTimestamp: number | undefined
}

/** What of a topic's settings counts for compaction. */
export type CompactionConfig = Pick<
  LogConfig,
  'minCleanableDirtyRatio' | 'minCompactionLagMs' | 'maxCompactionLagMs'
>

export type LogFacts = {
  /** By rising base offset, the active one last. */
  readonly segments: readonly SegmentFacts[]
  readonly logStartOffset: number
  readonly logEndOffset: number
  /** First offset of an open transaction, or the high watermark: nothing behind it is cleaned. */
  readonly lastStableOffset: number
  /** What was cleaned so far ends here: the cleaner's checkpoint, if there is one. */
  readonly cleanedEndOffset: number | undefined
}

export type DirtyRange = {
  readonly firstDirtyOffset: number
  /** The base of a segment: that one and those behind are left alone. */
  readonly firstUncleanableOffset: number
  /** The checkpoint cannot be right: `firstDirtyOffset` should be written in its place. */
  readonly resetsCheckpoint: boolean
  readonly cleanBytes: number
  readonly cleanableBytes: number
  /** Cleanable of all that may be read for a cleaning, 0 to 1. The dirtiest log is cleaned first. */
  readonly dirtyRatio: number
  /** By how much something dirty is older than `max.compaction.lag.ms`. */
  readonly overdueMs: number
  /** Whether to clean: dirty enough, or overdue. */
  readonly shouldClean: boolean
}

/**
 * What of a log is dirty, and of that what may be cleaned and whether it should be, as Kafka's
 * LogCleanerManager decides it. Unlike there, a segment that was cleaned up to its middle counts as
 * dirty only: counted as both, a log of one such segment would stay at 0.5 for ever.
 */
export function findDirtyRange(
  { segments, logStartOffset, logEndOffset, lastStableOffset, cleanedEndOffset }: LogFacts,
  config: CompactionConfig,
  nowMs: number,
): DirtyRange {
  const cleanedEnd = cleanedEndOffset ?? logStartOffset
  // Behind the end: the log was cut off below, and what came since is not clean.
  const resetsCheckpoint = cleanedEnd < logStartOffset || cleanedEnd > logEndOffset
  const firstDirtyOffset = resetsCheckpoint ? logStartOffset : cleanedEnd

  const closed = segments.slice(0, -1)
  const firstDirty = indexHolding(segments, firstDirtyOffset)
  let firstUncleanable = Math.min(closed.length, indexHolding(segments, lastStableOffset))
  if (config.minCompactionLagMs > 0) {
    const newest = nowMs - config.minCompactionLagMs
    const index = closed.findIndex((s, i) => i >= firstDirty && s.maxTimestamp > newest)
    if (index !== -1) firstUncleanable = Math.min(firstUncleanable, index)
  }

  const cleanBytes = bytesOf(closed.slice(0, firstDirty))
  const cleanableBytes = bytesOf(closed.slice(firstDirty, firstUncleanable))
  const totalBytes = cleanBytes + cleanableBytes
  const dirtyRatio = totalBytes === 0 ? 0 : cleanableBytes / totalBytes
  const overdueMs = overdue(closed.slice(firstDirty), config, nowMs)
  const uncleanable = segments[firstUncleanable]?.baseOffset ?? firstDirtyOffset
  return {
    firstDirtyOffset,
    firstUncleanableOffset: Math.max(firstDirtyOffset, uncleanable),
    resetsCheckpoint,
    cleanBytes,
    cleanableBytes,
    dirtyRatio,
    overdueMs,
    shouldClean:
      cleanableBytes > 0 && (overdueMs > 0 || dirtyRatio > config.minCleanableDirtyRatio),
  }
}

/** Of the last segment that begins at or before `offset`, 0 at least. */
function indexHolding(segments: readonly SegmentFacts[], offset: number): number {
  return Math.max(
    0,
    segments.findLastIndex(({ baseOffset }) => baseOffset <= offset),
  )
}

function bytesOf(segments: readonly SegmentFacts[]): number {
  return segments.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
}

function overdue(
  dirty: readonly SegmentFacts[],
  { maxCompactionLagMs }: CompactionConfig,
  nowMs: number,
): number {
  const oldestAllowed = nowMs - Math.max(0, maxCompactionLagMs)
  if (oldestAllowed <= 0) return 0
  let oldest = Number.POSITIVE_INFINITY
  for (const { firstTimestamp } of dirty) {
    if (firstTimestamp !== undefined && firstTimestamp > 0) {
      oldest = Math.min(oldest, firstTimestamp)
    }
  }
  return Math.max(0, oldestAllowed - oldest)
}
