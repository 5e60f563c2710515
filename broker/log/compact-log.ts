import type { Files } from '../io/files.ts'
import { type Cleaned, type CleaningOptions, clean } from './compaction/clean.ts'
import { type CompactionConfig, findDirtyRange } from './compaction/dirty-range.ts'
import { lastRecordsOf } from './compaction/keep.ts'
import type { OffsetMap } from './compaction/offset-map.ts'
import type { PartitionLog } from './partition-log.ts'

export type CompactLogOptions = {
  readonly files: Files
  readonly map: OffsetMap
  readonly config: CompactionConfig
  /** Where the last cleaning ended: the cleaner's checkpoint, if there is one. */
  readonly cleanedEndOffset: number | undefined
  /** Nothing behind it is cleaned: the first open transaction, or the high watermark. */
  readonly lastStableOffset: number
  readonly nowMs: number
  /** Cleans whatever is dirty, however little. */
  readonly force?: boolean
} & Pick<CleaningOptions, 'pause' | 'isCancelled'>

/**
 * Compacts the log of a partition if it is dirty enough: of each key the latest record stays.
 *
 * @returns What was done, with the offset for the cleaner's checkpoint; nothing if it was clean. If
 *   `isComplete` is false the map was full: call again at once.
 * @throws As `clean` does.
 */
export async function compactLog(
  log: PartitionLog,
  {
    config,
    cleanedEndOffset,
    lastStableOffset,
    nowMs,
    force = false,
    ...options
  }: CompactLogOptions,
): Promise<(Cleaned & { isComplete: boolean }) | undefined> {
  const { logStartOffset, logEndOffset, segmentList: segments } = log
  const facts = { segments, logStartOffset, logEndOffset, lastStableOffset, cleanedEndOffset }
  const range = findDirtyRange(facts, config, nowMs)
  const { firstDirtyOffset, firstUncleanableOffset } = range
  if (firstDirtyOffset >= firstUncleanableOffset || !(range.shouldClean || force)) return undefined
  const cleaned = await clean(
    {
      directory: log.directory,
      segments: segments.filter(({ baseOffset }) => baseOffset < firstUncleanableOffset),
      firstDirtyOffset,
      firstUncleanableOffset,
      abortedIn: (fetchOffset, upperBoundOffset) => {
        return log.abortedTransactions({ fetchOffset, upperBoundOffset })
      },
      lastRecords: () => lastRecordsOf(log.known?.producers.producers() ?? []),
      replaceSegments: (replacement) => log.replaceSegments(replacement),
    },
    { ...options, config: log.config, deleteRetentionMs: config.deleteRetentionMs, nowMs },
  )
  return { ...cleaned, isComplete: cleaned.firstDirtyOffset >= firstUncleanableOffset }
}
