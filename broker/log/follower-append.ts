import { KafkaError } from '../protocol/errors.ts'
import { baseOffsetOf } from '../protocol/records/header.ts'
import { validateBatch } from '../protocol/records/validate.ts'
import { wholeBatchEnd } from '../protocol/records/walk.ts'
import type { PartitionLog } from './partition-log.ts'

/**
 * Appends what a follower fetched from its leader: batches with their offsets, of which the last
 * may be cut off and is then left out. They are checked, since they came over the network, and
 * written as they are.
 *
 * @returns How many bytes were appended.
 * @throws {KafkaError} CORRUPT_MESSAGE and such for a damaged batch, OFFSET_OUT_OF_RANGE for one
 *   that does not follow the log's end. Nothing is appended then.
 * @throws {StorageError} If the log is offline, or now goes offline.
 */
export function appendAsFollower(
  log: PartitionLog,
  bytes: Uint8Array,
  { nowMs }: { nowMs: number },
): number {
  const batches: Uint8Array[] = []
  let start = 0
  for (let end = wholeBatchEnd(bytes, 0); end !== undefined; end = wholeBatchEnd(bytes, start)) {
    validateBatch(bytes, start)
    const baseOffset = baseOffsetOf(bytes, start)
    if (start === 0 && baseOffset < log.nextOffset) {
      const message = `a batch from ${baseOffset} on, but the log ends at ${log.nextOffset}`
      throw new KafkaError('OFFSET_OUT_OF_RANGE', message)
    }
    batches.push(bytes.subarray(start, end))
    start = end
  }
  log.append(batches, nowMs)
  return start
}
