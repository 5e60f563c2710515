import { maxTimestampOf, nextOffsetOf } from '../protocol/records/header.ts'
import type { LogConfig } from './log-config.ts'
import { OffsetIndex } from './offset-index.ts'
import type { Segment } from './segment.ts'
import { TimeIndex } from './time-index.ts'

/**
 * Whether a batch goes into a new segment, as Kafka decides it: because of the size, the age of the
 * first batch, the indexes, or offsets that are too far from the base.
 *
 * @param aheadBytes Bytes that will be appended before the batch.
 */
export function mustRoll(
  segment: Segment,
  batch: Uint8Array,
  aheadBytes: number,
  config: LogConfig,
  nowMs: number,
): boolean {
  const sizeBytes = segment.sizeBytes + aheadBytes
  if (sizeBytes === 0) return false
  if (sizeBytes + batch.byteLength > config.segmentBytes) return true
  if (!segment.canHold(nextOffsetOf(batch, 0) - 1)) return true
  const entryBytes = Math.max(OffsetIndex.entryBytes, TimeIndex.entryBytes)
  if ((segment.indexEntries + 1) * entryBytes > config.segmentIndexBytes) return true
  const { firstTimestamp } = segment
  const timestamp = maxTimestampOf(batch, 0)
  const ageMs = (timestamp < 0 ? nowMs : timestamp) - (firstTimestamp ?? nowMs)
  const { isCompacted, segmentMs, maxCompactionLagMs } = config
  // What is in the active segment cannot be compacted.
  return ageMs > (isCompacted ? Math.min(segmentMs, maxCompactionLagMs) : segmentMs)
}
