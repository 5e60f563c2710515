import { compress } from '../../../lib/compression.ts'
import { invariant } from '../../../lib/invariant.ts'
import { writeCrc } from './batch-crc.ts'
import { writeInt16, writeInt32, writeInt64 } from './bytes.ts'
import {
  at,
  attribute,
  type CompressionType,
  compressionTypes,
  headerSizeBytes,
  logOverheadBytes,
} from './layout.ts'
import { type RecordBase, type RecordInput, recordSize, writeRecord } from './write-record.ts'

/** What a batch is built of. A batch as read may be given back with its records as read. */
export type BatchInput = {
  readonly records: readonly RecordInput[]
  readonly compression?: CompressionType
  /** 0 if left out, as producers send it. */
  readonly baseOffset?: number
  /** That of the last record if left out. Compacted batches keep what they had. */
  readonly lastOffsetDelta?: number
  readonly partitionLeaderEpoch?: number
  readonly producerId?: number
  readonly producerEpoch?: number
  readonly baseSequence?: number
  readonly isTransactional?: boolean
  readonly isControl?: boolean
  /** Makes the timestamp type LogAppendTime: each record is read with this one. */
  readonly logAppendTimeMs?: number
  /** From when on tombstones and markers in a compacted batch may go (KIP-534). */
  readonly deleteHorizonMs?: number
  /** Only for a batch without records, which keeps what it had. */
  readonly maxTimestamp?: number
}

/**
 * Builds a record batch of magic 2: measures first, then writes into one buffer.
 *
 * @throws {InvariantError} If offsets do not rise, or a number is not one that its field holds.
 */
export function buildBatch(input: BatchInput): Uint8Array {
  const { records, baseOffset = 0, compression = 'none' } = input
  const first = records[0]
  const base = { baseOffset, baseTimestamp: input.deleteHorizonMs ?? first?.timestamp ?? -1 }

  let recordsSizeBytes = 0
  let lastOffset = baseOffset - 1
  let maxTimestamp = first?.timestamp ?? input.maxTimestamp ?? -1
  for (let i = 0; i < records.length; i++) {
    const record = records[i] as RecordInput
    const offset = record.offset ?? baseOffset + i
    invariant(offset > lastOffset && Number.isSafeInteger(offset), 'offsets rise within a batch')
    const { timestamp } = record
    invariant(Number.isSafeInteger(timestamp - base.baseTimestamp), 'a timestamp is an integer')
    recordsSizeBytes += recordSize(record, offset, base)
    lastOffset = offset
    if (timestamp > maxTimestamp) maxTimestamp = timestamp
  }

  const header = {
    ...input,
    ...base,
    attributes: attributesFor(input),
    lastOffsetDelta: input.lastOffsetDelta ?? lastOffset - baseOffset,
    maxTimestamp: input.logAppendTimeMs ?? maxTimestamp,
  }
  invariant(baseOffset + header.lastOffsetDelta >= lastOffset, 'the last offset is the largest')

  if (compression === 'none' || records.length === 0) {
    const bytes = Buffer.allocUnsafe(headerSizeBytes + recordsSizeBytes)
    writeRecords(bytes, headerSizeBytes, records, base)
    writeHeader(bytes, header)
    return bytes
  }
  const plain = Buffer.allocUnsafe(recordsSizeBytes)
  writeRecords(plain, 0, records, base)
  const compressed = compress(compression, plain)
  const bytes = Buffer.allocUnsafe(headerSizeBytes + compressed.length)
  bytes.set(compressed, headerSizeBytes)
  writeHeader(bytes, header)
  return bytes
}

function writeRecords(
  bytes: Uint8Array,
  start: number,
  records: readonly RecordInput[],
  base: RecordBase,
): void {
  let to = start
  for (let i = 0; i < records.length; i++) {
    const record = records[i] as RecordInput
    to = writeRecord(bytes, to, record, { offset: record.offset ?? base.baseOffset + i, base })
  }
  invariant(to === bytes.length, 'records take as many bytes as were measured')
}

/** Writes the fields and the CRC of a batch whose records are in place and end with `bytes`. */
function writeHeader(bytes: Uint8Array, header: Header): void {
  const batchLength = bytes.length - logOverheadBytes
  writeInt64(bytes, at.baseOffset, header.baseOffset)
  writeInt32(bytes, at.batchLength, batchLength)
  writeInt32(bytes, at.partitionLeaderEpoch, header.partitionLeaderEpoch ?? -1)
  bytes[at.magic] = 2
  writeInt16(bytes, at.attributes, header.attributes)
  writeInt32(bytes, at.lastOffsetDelta, header.lastOffsetDelta)
  writeInt64(bytes, at.baseTimestamp, header.baseTimestamp)
  writeInt64(bytes, at.maxTimestamp, header.maxTimestamp)
  writeInt64(bytes, at.producerId, header.producerId ?? -1)
  writeInt16(bytes, at.producerEpoch, header.producerEpoch ?? -1)
  writeInt32(bytes, at.baseSequence, header.baseSequence ?? -1)
  writeInt32(bytes, at.recordsCount, header.records.length)
  writeCrc(bytes, 0)
}

type Header = Pick<
  BatchInput,
  'records' | 'partitionLeaderEpoch' | 'producerId' | 'producerEpoch' | 'baseSequence'
> & {
  readonly baseOffset: number
  readonly attributes: number
  readonly lastOffsetDelta: number
  readonly baseTimestamp: number
  readonly maxTimestamp: number
}

function attributesFor(input: BatchInput): number {
  const compression = input.records.length === 0 ? 'none' : (input.compression ?? 'none')
  return (
    compressionTypes.indexOf(compression) |
    (input.logAppendTimeMs === undefined ? 0 : attribute.logAppendTime) |
    (input.isTransactional ? attribute.transactional : 0) |
    (input.isControl ? attribute.control : 0) |
    (input.deleteHorizonMs === undefined ? 0 : attribute.deleteHorizon)
  )
}
