import type { FoundRecord } from '../log/find-record.ts'
import { KafkaError } from '../protocol/errors.ts'
import type { Isolation, Partition } from './partition.ts'

/** As ListOffsets answers it; all of it -1 where there is none. */
export type FoundOffset = FoundRecord

/** Times that are none. Source: ListOffsetsRequest. */
const special = {
  latest: -1,
  earliest: -2,
  maxTimestamp: -3,
  earliestLocal: -4,
  latestTiered: -5,
  earliestPendingUpload: -6,
} as const

/**
 * An offset of a partition by time, or by one of the times that are none. Nothing that a consumer may
 * not read yet is found.
 *
 * @throws {KafkaError} OFFSET_NOT_AVAILABLE while a new leader does not know how far it may be read.
 */
export function findOffset(
  partition: Partition,
  timestamp: number,
  isolation: Isolation,
): FoundOffset {
  const { log } = partition
  switch (timestamp) {
    case special.earliest:
    case special.earliestLocal: {
      const offset = log.logStartOffset
      const leaderEpoch = log.known?.epochs.epochForOffset(offset) ?? -1
      return { timestamp: -1, offset, leaderEpoch }
    }
    case special.latestTiered:
    case special.earliestPendingUpload:
      return none // nothing is tiered
    default:
  }
  if (partition.highWatermark() < partition.epochStartOffset) {
    const why = 'the high watermark is not where this leader began'
    throw new KafkaError('OFFSET_NOT_AVAILABLE', why)
  }
  const end = partition.readableEnd(isolation)
  if (timestamp === special.latest) {
    return { timestamp: -1, offset: end, leaderEpoch: partition.leaderEpoch }
  }
  const found =
    timestamp === special.maxTimestamp ? log.findMaxTimestamp() : log.findTimestamp(timestamp)
  return found !== undefined && found.offset < end ? found : none
}

const none: FoundOffset = { timestamp: -1, offset: -1, leaderEpoch: -1 }
