import { maxTimestampOf, nextOffsetOf } from '../protocol/records/header.ts'
import type { LogConfig } from './log-config.ts'
import { OffsetIndex } from './offset-index.ts'
import { TimeIndex } from './time-index.ts'

/** What is asked of a segment before a batch is added to it. */
export type Fillable = {
  readonly baseOffset: number
  readonly sizeBytes: number
  readonly indexEntries: number
  /** Of the first batch, or undefined where there is none or it has no timestamp. */
  readonly firstTimestamp: number | undefined
}

/**
 * Whether a batch goes into a new segment, as Kafka decides it: because of the size, the age of the
 * first batch, the indexes, or offsets that are too far from the base.
 *
 * @param aheadBytes Bytes that will be appended before the batch.
 */
export function mustRoll(
  segment: Fillable,
  batch: Uint8Array,
  aheadBytes: number,
  config: LogConfig,
  nowMs: number,
): boolean {
  const sizeBytes = segment.sizeBytes + aheadBytes
  if (sizeBytes === 0) return false
  if (sizeBytes + batch.byteLength > config.segmentBytes) return true
  if (nextOffsetOf(batch, 0) - 1 - segment.baseOffset > maxRelativeOffset) return true
  const entryBytes = Math.max(OffsetIndex.entryBytes, TimeIndex.entryBytes)
  if ((segment.indexEntries + 1) * entryBytes > config.segmentIndexBytes) return true
  const { firstTimestamp } = segment
  const timestamp = maxTimestampOf(batch, 0)
  const ageMs = (timestamp < 0 ? nowMs : timestamp) - (firstTimestamp ?? nowMs)
  const { isCompacted, segmentMs, maxCompactionLagMs } = config
  // What is in the active segment cannot be compacted.
  return ageMs > (isCompacted ? Math.min(segmentMs, maxCompactionLagMs) : segmentMs)
}

/** Indexes keep offsets relative to the base of the segment, in 32 bits. */
const maxRelativeOffset = 2 ** 31 - 1
