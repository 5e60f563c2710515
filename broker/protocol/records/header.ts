import { KafkaError } from '../errors.ts'
import { readInt16, readInt32, readInt64 } from './bytes.ts'
import {
  at,
  attribute,
  type CompressionType,
  compressionTypes,
  logOverheadBytes,
  type TimestampType,
} from './layout.ts'

/**
 * The header fields of the record batch that begins at `start`, straight from its bytes: nothing
 * is made on the hot path. The caller knows that the header is there (`validateBatch`,
 * `wholeBatchEnd`). Offsets, timestamps and producer ids throw INVALID_RECORD if they are no safe
 * integers, which cannot be once `validateBatch` has passed.
 */

export function baseOffsetOf(bytes: Uint8Array, start: number): number {
  return readInt64(bytes, start + at.baseOffset)
}

/** Bytes of the batch behind its length field. See `batchEndOf`. */
export function batchLengthOf(bytes: Uint8Array, start: number): number {
  return readInt32(bytes, start + at.batchLength)
}

/** Where the next batch begins. */
export function batchEndOf(bytes: Uint8Array, start: number): number {
  return start + logOverheadBytes + batchLengthOf(bytes, start)
}

export function partitionLeaderEpochOf(bytes: Uint8Array, start: number): number {
  return readInt32(bytes, start + at.partitionLeaderEpoch)
}

export function magicOf(bytes: Uint8Array, start: number): number {
  return ((bytes[start + at.magic] as number) << 24) >> 24
}

/** Unsigned. */
export function crcOf(bytes: Uint8Array, start: number): number {
  return readInt32(bytes, start + at.crc) >>> 0
}

export function attributesOf(bytes: Uint8Array, start: number): number {
  return readInt16(bytes, start + at.attributes)
}

/** @throws {KafkaError} UNSUPPORTED_COMPRESSION_TYPE */
export function compressionOf(bytes: Uint8Array, start: number): CompressionType {
  const id = attributesOf(bytes, start) & attribute.compression
  const type = compressionTypes[id]
  if (type === undefined) {
    throw new KafkaError('UNSUPPORTED_COMPRESSION_TYPE', `there is no compression type ${id}`)
  }
  return type
}

export function timestampTypeOf(bytes: Uint8Array, start: number): TimestampType {
  return has(bytes, start, attribute.logAppendTime) ? 'LogAppendTime' : 'CreateTime'
}

export function isTransactional(bytes: Uint8Array, start: number): boolean {
  return has(bytes, start, attribute.transactional)
}

export function isControl(bytes: Uint8Array, start: number): boolean {
  return has(bytes, start, attribute.control)
}

/** Whether the base timestamp is the time from which tombstones and markers may go (KIP-534). */
export function hasDeleteHorizon(bytes: Uint8Array, start: number): boolean {
  return has(bytes, start, attribute.deleteHorizon)
}

export function lastOffsetDeltaOf(bytes: Uint8Array, start: number): number {
  return readInt32(bytes, start + at.lastOffsetDelta)
}

/** The offset behind the batch, also when compaction has taken its last records. */
export function nextOffsetOf(bytes: Uint8Array, start: number): number {
  return baseOffsetOf(bytes, start) + lastOffsetDeltaOf(bytes, start) + 1
}

/** What timestamp deltas count from; not always the smallest. */
export function baseTimestampOf(bytes: Uint8Array, start: number): number {
  return readInt64(bytes, start + at.baseTimestamp)
}

/** The largest timestamp of the records, or the append time of all of them. */
export function maxTimestampOf(bytes: Uint8Array, start: number): number {
  return readInt64(bytes, start + at.maxTimestamp)
}

/** -1 if the producer is neither idempotent nor transactional. */
export function producerIdOf(bytes: Uint8Array, start: number): number {
  return readInt64(bytes, start + at.producerId)
}

export function producerEpochOf(bytes: Uint8Array, start: number): number {
  return readInt16(bytes, start + at.producerEpoch)
}

/** Sequence number of the first record. Those after it wrap to 0 behind 2^31 - 1. */
export function baseSequenceOf(bytes: Uint8Array, start: number): number {
  return readInt32(bytes, start + at.baseSequence)
}

export function recordsCountOf(bytes: Uint8Array, start: number): number {
  return readInt32(bytes, start + at.recordsCount)
}

function has(bytes: Uint8Array, start: number, bit: number): boolean {
  return (attributesOf(bytes, start) & bit) !== 0
}
