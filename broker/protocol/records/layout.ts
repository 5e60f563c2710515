/**
 * Where the fields of a record batch of magic 2 lie, in bytes from its beginning. All integers are
 * big-endian. The CRC covers what follows it, so that the fields before it can be changed freely.
 *
 * @see https://kafka.apache.org/documentation/#recordbatch
 */
export const at = {
  baseOffset: 0, // int64
  batchLength: 8, // int32, counts what follows it
  partitionLeaderEpoch: 12, // int32
  magic: 16, // int8, in the same place in every version
  crc: 17, // uint32
  attributes: 21, // int16
  lastOffsetDelta: 23, // int32
  baseTimestamp: 27, // int64, or the delete horizon
  maxTimestamp: 35, // int64
  producerId: 43, // int64
  producerEpoch: 51, // int16
  baseSequence: 53, // int32
  recordsCount: 57, // int32
  records: 61,
} as const

/** Base offset and length: what `batchLength` does not count. */
export const logOverheadBytes = 12
export const headerSizeBytes = at.records

/** Length, attributes, two deltas, key length, value length and count of headers: a byte each. */
export const minRecordSizeBytes = 7
/** Key length and value length. */
export const minHeaderSizeBytes = 2

/** Bits of the attributes. The others are unused. */
export const attribute = {
  compression: 0b0000_0111,
  logAppendTime: 1 << 3,
  transactional: 1 << 4,
  control: 1 << 5,
  deleteHorizon: 1 << 6, // KIP-534
  unused: 0xff80,
} as const

/** By their number in the attributes. The names are those of `compression.type`. */
export const compressionTypes = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
export type CompressionType = (typeof compressionTypes)[number]

/** The names are those of `message.timestamp.type`. */
export type TimestampType = 'CreateTime' | 'LogAppendTime'
