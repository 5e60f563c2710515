import type { Files } from '../../lib/files.ts'
import { type Cleaned, type CleaningOptions, clean } from './compaction/clean.ts'
import { findDirtyRange } from './compaction/dirty-range.ts'
import { lastRecordsOf } from './compaction/keep.ts'
import type { OffsetMap } from './compaction/offset-map.ts'
import { CleaningCancelled } from './compaction/pacer.ts'
import type { LogCleaning } from './log-cleaning.ts'
import type { PartitionLog } from './partition-log.ts'

export type CompactLogOptions = {
  readonly files: Files
  readonly map: OffsetMap
  /** Where the last cleaning ended: the cleaner's checkpoint, if there is one. */
  readonly cleanedEndOffset: number | undefined
  /** Nothing behind it is cleaned: the first open transaction, or the high watermark. */
  readonly lastStableOffset: number
  readonly nowMs: number
  /** Cleans whatever is dirty, however little. */
  readonly force?: boolean
  /** Is told what to keep as the cleaner's checkpoint, while that still holds. */
  readonly onCleaned?: (cleanedEndOffset: number) => void
} & Pick<CleaningOptions, 'pause' | 'isCancelled' | 'pieceBytes'>

/** If `isComplete` is false the map was full: what is left is for the next cleaning. */
export type CompactedLog = Cleaned & { readonly isComplete: boolean }

/**
 * Compacts the log of a partition if it is dirty enough: of each key the latest record stays.
 *
 * @returns What was done; nothing if it was clean.
 * @throws {CleaningCancelled} Also if the log was cut off or closed meanwhile.
 * @throws As `clean` does.
 */
export async function compactLog(
  log: PartitionLog,
  options: CompactLogOptions,
): Promise<CompactedLog | undefined> {
  if (!log.isMade) return undefined
  const cleaning = log.beginCleaning()
  try {
    return await compact(log, cleaning, options)
  } catch (error) {
    // What was read may have been cut off under it, which looks like damage.
    if (cleaning.isCancelled) throw new CleaningCancelled()
    throw error
  } finally {
    await cleaning.end()
  }
}

async function compact(
  log: PartitionLog,
  cleaning: LogCleaning,
  { cleanedEndOffset, lastStableOffset, force = false, onCleaned, ...options }: CompactLogOptions,
): Promise<CompactedLog | undefined> {
  const { logStartOffset, logEndOffset, segmentList: segments, config } = log
  const facts = { segments, logStartOffset, logEndOffset, lastStableOffset, cleanedEndOffset }
  const range = findDirtyRange(facts, config, options.nowMs)
  const { firstDirtyOffset, firstUncleanableOffset } = range
  if (firstDirtyOffset >= firstUncleanableOffset || !(range.shouldClean || force)) return undefined
  const isCancelled = () => cleaning.isCancelled || options.isCancelled()
  await cleaning.settle()
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
      replaceSegments: (replacement) => cleaning.replaceSegments(replacement),
    },
    { ...options, config, deleteRetentionMs: config.deleteRetentionMs, isCancelled },
  )
  if (isCancelled()) throw new CleaningCancelled()
  onCleaned?.(cleaned.firstDirtyOffset)
  return { ...cleaned, isComplete: cleaned.firstDirtyOffset >= firstUncleanableOffset }
}
