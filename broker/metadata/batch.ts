import { invariant } from '../../lib/invariant.ts'
import { KafkaError } from '../protocol/errors.ts'
import { buildBatch } from '../protocol/records/build.ts'
import { viewOf } from '../protocol/records/bytes.ts'
import {
  baseOffsetOf,
  isControl,
  maxTimestampOf,
  nextOffsetOf,
  partitionLeaderEpochOf,
  recordsCountOf,
} from '../protocol/records/header.ts'
import { RecordCursor } from '../protocol/records/record-cursor.ts'
import { validateBatch } from '../protocol/records/validate.ts'
import { MetadataError } from './metadata-error.ts'
import { decodeRecord, encodeRecord } from './record-codec.ts'
import type { MetadataRecord } from './records.ts'

/** Records that take effect together: one append, one record batch of Kafka's. */
export type MetadataBatch = {
  readonly baseOffset: number
  /** The offset behind it. */
  readonly nextOffset: number
  /** That of the controller which decided it; the batch's leader epoch, as in Kafka. */
  readonly controllerEpoch: number
  readonly timestampMs: number
  readonly records: readonly MetadataRecord[]
  /** The batch as it is on disk and on the wire. */
  readonly bytes: Uint8Array
}

/** 130,000 records of 10,000 new topics are 10 MB; an image is read and written in parts. */
const maxBatchBytes = 32 * 1024 * 1024

/** @throws {InvariantError} Beyond `maxBatchBytes`, or without a record. */
export function encodeBatch(
  records: readonly MetadataRecord[],
  about: { baseOffset: number; controllerEpoch: number; timestampMs: number },
): MetadataBatch {
  invariant(records.length > 0, 'a metadata batch holds a record')
  const timestamp = about.timestampMs
  const bytes = buildBatch({
    records: records.map((record) => ({ timestamp, key: null, value: encodeRecord(record) })),
    baseOffset: about.baseOffset,
    partitionLeaderEpoch: about.controllerEpoch,
  })
  invariant(bytes.length <= maxBatchBytes, 'a metadata batch is not larger than a reader takes')
  return { ...about, nextOffset: about.baseOffset + records.length, records, bytes }
}

/**
 * Reads the batch at `start`, after checking its CRC.
 *
 * @throws {MetadataError} Malformed, or UnknownRecord as `decodeRecord` does.
 */
export function decodeBatch(bytes: Uint8Array, start = 0): MetadataBatch {
  try {
    const end = validateBatch(bytes, start)
    if (isControl(bytes, start)) throw new MetadataError('Malformed', 'a control batch')
    const cursor = new RecordCursor(bytes, start, { remainingBytes: maxBatchBytes })
    const records: MetadataRecord[] = []
    while (cursor.next()) records.push(decodeRecord(cursor.value()))
    const nextOffset = nextOffsetOf(bytes, start)
    const baseOffset = baseOffsetOf(bytes, start)
    if (recordsCountOf(bytes, start) !== nextOffset - baseOffset) {
      throw new MetadataError('Malformed', 'a metadata batch with offsets but no records for them')
    }
    return {
      baseOffset,
      nextOffset,
      controllerEpoch: partitionLeaderEpochOf(bytes, start),
      timestampMs: maxTimestampOf(bytes, start),
      records,
      bytes: viewOf(bytes, start, end),
    }
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error
    throw new MetadataError('Malformed', error.message, { cause: error })
  }
}
