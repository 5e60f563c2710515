import { invariant } from '../../../lib/invariant.ts'
import { writeCrc } from './batch-crc.ts'
import { writeInt16, writeInt32, writeInt64 } from './bytes.ts'
import { attributesOf } from './header.ts'
import { at, attribute } from './layout.ts'

/**
 * Gives the batch at `start` its place in the log, in the bytes as they are. Both fields lie
 * before the CRC, which stays as it is.
 */
export function placeBatch(
  bytes: Uint8Array,
  start: number,
  { baseOffset, partitionLeaderEpoch }: { baseOffset: number; partitionLeaderEpoch: number },
): void {
  invariant(baseOffset >= 0, 'a base offset is not negative')
  writeInt64(bytes, start + at.baseOffset, baseOffset)
  writeInt32(bytes, start + at.partitionLeaderEpoch, partitionLeaderEpoch)
}

/**
 * Makes `logAppendTimeMs` the timestamp of all records of the batch at `start`, for topics with
 * `message.timestamp.type=LogAppendTime`. The CRC is computed anew; the records stay compressed
 * and unchanged, since readers take the batch's maximum for each of them.
 */
export function stampLogAppendTime(
  bytes: Uint8Array,
  start: number,
  { logAppendTimeMs }: { logAppendTimeMs: number },
): void {
  const attributes = attributesOf(bytes, start) | attribute.logAppendTime
  writeInt16(bytes, start + at.attributes, attributes)
  writeInt64(bytes, start + at.maxTimestamp, logAppendTimeMs)
  writeCrc(bytes, start)
}
