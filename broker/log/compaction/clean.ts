import type { Files } from '../../../lib/files.ts'
import type { LogConfig } from '../log-config.ts'
import type { Segment } from '../segment.ts'
import type { AbortedTransaction } from '../transaction-index.ts'
import { buildMap } from './build-map.ts'
import type { CleanedSegment } from './cleaned-segments.ts'
import { CleanedTransactions } from './cleaned-transactions.ts'
import { type CleaningStats, noStats } from './context.ts'
import { groupSegments } from './groups.ts'
import type { LastRecord } from './keep.ts'
import type { OffsetMap } from './offset-map.ts'
import { type Pace, Pacer } from './pacer.ts'
import { rewrite } from './rewrite.ts'

/** What a cleaning asks of a log, and does to it. */
export type CleanableLog = {
  readonly directory: string
  /** Those that are closed and end at or before `firstUncleanableOffset`. */
  readonly segments: readonly CleanableSegment[]
  readonly firstDirtyOffset: number
  readonly firstUncleanableOffset: number
  /**
   * Aborted transactions that have a part in the range, also those whose marker lies behind it, in
   * whatever segment.
   */
  abortedIn(fromOffset: number, endOffset: number): readonly AbortedTransaction[]
  /** Of the producers whose sequence numbers are known, as they are now. */
  lastRecords(): ReadonlyMap<number, LastRecord>
  /**
   * Puts new segments in the place of neighbouring old ones: `swapSegments`, and the same in
   * memory. Does not await anything.
   */
  replaceSegments(replacement: Replacement): void
}

export type CleanableSegment = Pick<
  Segment,
  'baseOffset' | 'sizeBytes' | 'indexEntries' | 'path' | 'find' | 'readLater'
>

export type Replacement = {
  readonly removed: readonly CleanableSegment[]
  /** One as a rule, in files whose names end in `.cleaned`. They are durable; their names not. */
  readonly added: readonly CleanedSegment[]
}

export type CleaningOptions = Pace & {
  readonly files: Files
  readonly map: OffsetMap
  readonly config: Pick<LogConfig, 'segmentBytes' | 'segmentIndexBytes' | 'indexIntervalBytes'>
  readonly deleteRetentionMs: number
  readonly nowMs: number
  /**
   * Between two pauses so much is read or decompressed. 256 KB of records of 25 bytes hold the
   * event loop for 15 ms (99 %, on two busy cores); larger records for less.
   */
  readonly pieceBytes?: number
  /** A batch that has more in it cannot be cleaned. */
  readonly maxDecompressedBytes?: number
}

export type Cleaned = {
  /**
   * Where the next cleaning begins: the cleaner's checkpoint. Before the end of the range if the
   * map was full; at least one record further than before in any case.
   */
  readonly firstDirtyOffset: number
  readonly stats: CleaningStats
}

/**
 * Cleans a log once: finds the latest offset of each dirty key, as far as the map goes, and writes
 * all segments from the beginning to there anew with what is to stay. They are replaced group by
 * group, by rising offset, so that it takes no more disk than one segment and may be cancelled at
 * any time; what a tombstone or marker tells of is gone before it.
 *
 * Memory: the map and a buffer of `pieceBytes` each for reading and writing, but for batches that
 * are larger.
 *
 * @throws {CleaningCancelled} If it was told to end.
 * @throws {KafkaError} If a batch is damaged: the log cannot be cleaned, and is as it was but for
 *   groups that were replaced. Errors of the disk are thrown as they come; the log is not hurt.
 */
export async function clean(log: CleanableLog, options: CleaningOptions): Promise<Cleaned> {
  const { firstDirtyOffset, firstUncleanableOffset } = log
  const { files, map, config, nowMs, deleteRetentionMs, pieceBytes = 256 * 1024 } = options
  const context = {
    map,
    buffer: new Uint8Array(pieceBytes),
    pacer: new Pacer(options, pieceBytes),
    stats: noStats(),
    maxDecompressedBytes: options.maxDecompressedBytes ?? 256 * 1024 * 1024,
    abortedIn: (from: number, end: number) => log.abortedIn(from, end),
  }
  const { stats } = context

  const dirty = log.segments.filter((_, index) => endOf(log, index) > firstDirtyOffset)
  const range = { firstDirtyOffset, endOffset: firstUncleanableOffset }
  const endOffset = await buildMap(dirty, range, context)
  stats.keysMapped = map.size

  const segments = log.segments.filter(({ baseOffset }) => baseOffset < endOffset)
  const limits = { ...config, endOffset: endOf(log, segments.length - 1) }
  const transactions = new CleanedTransactions()
  for (const group of groupSegments(segments, limits)) {
    const lastIndex = segments.indexOf(group.at(-1) as CleanableSegment)
    const output = await rewrite(
      group,
      {
        ...config,
        directory: log.directory,
        baseOffset: (group[0] as CleanableSegment).baseOffset,
        nextBaseOffset: endOf(log, lastIndex),
        lastRecords: log.lastRecords(),
        endOffset,
        nowMs,
        deleteRetentionMs,
        transactions,
      },
      files,
      context,
    )
    if (options.isCancelled()) {
      output.discard()
      context.pacer.check()
    }
    if (output.added.length === 0) continue // there was nothing in it
    log.replaceSegments({ removed: group, added: output.added })
    stats.segmentsRemoved += group.length
    stats.segmentsAdded += output.added.length
  }
  return { firstDirtyOffset: endOffset, stats }
}

function endOf({ segments, firstUncleanableOffset }: CleanableLog, index: number): number {
  return segments[index + 1]?.baseOffset ?? firstUncleanableOffset
}
