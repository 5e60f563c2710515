import { encode } from '../protocol/codec/codec.ts'
import { KafkaError } from '../protocol/errors.ts'
import {
  SnapshotFooterRecord,
  SnapshotHeaderRecord,
} from '../protocol/generated/metadata-records.ts'
import { buildBatch } from '../protocol/records/build.ts'
import { readInt16, writeInt16 } from '../protocol/records/bytes.ts'
import { baseOffsetOf, batchEndOf, isControl } from '../protocol/records/header.ts'
import { RecordCursor } from '../protocol/records/record-cursor.ts'
import { validateBatch } from '../protocol/records/validate.ts'
import { applyRecord } from './apply.ts'
import { decodeBatch, encodeBatch } from './batch.ts'
import { emptyImage, type MetadataImage } from './image.ts'
import { ImageEdit } from './image-edit.ts'
import { recordsOf } from './image-records.ts'
import { MetadataError } from './metadata-error.ts'
import type { MetadataRecord } from './records.ts'

/**
 * A snapshot as Kafka writes it (KIP-630): a control batch that begins it, batches of records whose
 * offsets count from 0, a control batch that ends it. Who finds the end has all of it.
 *
 * One batch at a time, since making all of them takes 0.6 s where there are 10,000 topics.
 */
export function* snapshotBatches(
  image: MetadataImage,
  { timestampMs }: { timestampMs: number },
): Generator<Uint8Array> {
  const about = { controllerEpoch: image.controller.epoch, timestampMs }
  const header = { version: 0, lastContainedLogTimestamp: timestampMs }
  yield controlBatch(headerType, encode(SnapshotHeaderRecord, 0, header), { ...about, offset: 0 })
  let offset = 1
  let records: MetadataRecord[] = []
  for (const record of recordsOf(image)) {
    records.push(record)
    if (records.length < recordsPerBatch) continue
    yield encodeBatch(records, { ...about, baseOffset: offset }).bytes
    offset += records.length
    records = []
  }
  if (records.length > 0) {
    yield encodeBatch(records, { ...about, baseOffset: offset }).bytes
    offset += records.length
  }
  yield controlBatch(footerType, encode(SnapshotFooterRecord, 0, { version: 0 }), {
    ...about,
    offset,
  })
}

/** Reads a snapshot, batch after batch: what was read of it is of no use before its end. */
class SnapshotReader {
  readonly #edit = new ImageEdit(emptyImage)
  #offset = 0
  #isWhole = false

  /**
   * Reads the batch at `start`.
   *
   * @returns Where it ends.
   * @throws {MetadataError} Malformed, UnknownRecord, Inconsistent, UnknownFeature; Incomplete where
   *   a batch is missing before this one.
   */
  read(bytes: Uint8Array, start: number): number {
    const { isOpening, isClosing } = controlOf(bytes, start)
    const isMisplaced = isOpening !== (this.#offset === 0) || this.#isWhole
    if (isMisplaced || baseOffsetOf(bytes, start) !== this.#offset) {
      throw new MetadataError('Incomplete', `batch ${this.#offset} of a snapshot is another`)
    }
    if (isOpening || isClosing) this.#offset++
    else {
      const { records, nextOffset } = decodeBatch(bytes, start)
      for (const record of records) applyRecord(this.#edit, record)
      this.#offset = nextOffset
    }
    this.#isWhole = isClosing
    return batchEndOf(bytes, start)
  }

  /** @throws {MetadataError} Incomplete, where its end was not read. */
  finish(): MetadataImage {
    if (this.#isWhole) return this.#edit.finish()
    throw new MetadataError('Incomplete', `a snapshot ends after ${this.#offset} records`)
  }
}

/** Reads a whole snapshot at once. @throws {MetadataError} */
export function readSnapshot(bytes: Uint8Array): MetadataImage {
  const reader = new SnapshotReader()
  for (let at = 0; at < bytes.length; ) at = reader.read(bytes, at)
  return reader.finish()
}

/** 40 KB and 2 ms where they are partitions; no more than a batch may be where all are settings. */
const recordsPerBatch = 500
/** ControlRecordType in Kafka. */
const headerType = 3
const footerType = 4

function controlBatch(
  type: number,
  value: ReturnType<typeof encode>,
  about: { offset: number; controllerEpoch: number; timestampMs: number },
): Uint8Array {
  const key = new Uint8Array(4) // int16 version, int16 type
  writeInt16(key, 2, type)
  return buildBatch({
    records: [{ timestamp: about.timestampMs, key, value: value[0] as Uint8Array }],
    baseOffset: about.offset,
    partitionLeaderEpoch: about.controllerEpoch,
    isControl: true,
  })
}

function controlOf(bytes: Uint8Array, start: number): { isOpening: boolean; isClosing: boolean } {
  try {
    validateBatch(bytes, start)
    if (!isControl(bytes, start)) return { isOpening: false, isClosing: false }
    const cursor = new RecordCursor(bytes, start, { remainingBytes: 0 }) // never compressed
    const key = cursor.next() ? cursor.key() : null
    const type = key !== null && key.length >= 4 ? readInt16(key, 2) : -1
    const value = cursor.value()
    const version = value !== null && value.length >= 2 ? readInt16(value, 0) : -1
    if (version === 0 && (type === headerType || type === footerType)) {
      return { isOpening: type === headerType, isClosing: type === footerType }
    }
    throw new MetadataError(
      'UnknownRecord',
      `control record ${type} in a snapshot is not known here`,
    )
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error
    throw new MetadataError('Malformed', error.message, { cause: error })
  }
}
