import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { buildBatch } from '../../../../broker/protocol/records/build.ts'
import { readEndTransactionMarker } from '../../../../broker/protocol/records/control.ts'
import * as header from '../../../../broker/protocol/records/header.ts'
import { readRecords } from '../../../../broker/protocol/records/read.ts'
import type { LogRecord } from '../../../../broker/protocol/records/record.ts'
import { validateBatch } from '../../../../broker/protocol/records/validate.ts'
import { batchStarts } from '../../../../broker/protocol/records/walk.ts'
import { kafkaError, plenty } from './support.ts'

/** Written by Kafka's own MemoryRecordsBuilder: see scripts/kafka/Batches.java for the format. */
const fixtures = load()
const current = fixtures.filter(({ magic }) => magic === 2)
const former = fixtures.filter(({ magic }) => magic < 2)

test('there are batches of every kind', () => {
  expect(current.length).toBeGreaterThan(20)
  expect(former.map(({ magic }) => magic)).toEqual([0, 0, 1, 1])
})

describe.each(current)('$name', (java) => {
  const bytes = Buffer.from(java.base64, 'base64')

  test('is valid, and its header says what it says to Java', () => {
    expect(validateBatch(bytes)).toBe(bytes.length)
    expect([...batchStarts(bytes)]).toEqual([0])
    expect({
      baseOffset: header.baseOffsetOf(bytes, 0),
      partitionLeaderEpoch: header.partitionLeaderEpochOf(bytes, 0),
      magic: header.magicOf(bytes, 0),
      crc: header.crcOf(bytes, 0),
      attributes: header.attributesOf(bytes, 0),
      compression: header.compressionOf(bytes, 0),
      timestampType: header.timestampTypeOf(bytes, 0),
      isTransactional: header.isTransactional(bytes, 0),
      isControl: header.isControl(bytes, 0),
      deleteHorizonMs: header.hasDeleteHorizon(bytes, 0) ? header.baseTimestampOf(bytes, 0) : null,
      lastOffsetDelta: header.lastOffsetDeltaOf(bytes, 0),
      baseTimestamp: header.baseTimestampOf(bytes, 0),
      maxTimestamp: header.maxTimestampOf(bytes, 0),
      producerId: header.producerIdOf(bytes, 0),
      producerEpoch: header.producerEpochOf(bytes, 0),
      baseSequence: header.baseSequenceOf(bytes, 0),
      count: header.recordsCountOf(bytes, 0),
    }).toEqual({
      baseOffset: java.baseOffset,
      partitionLeaderEpoch: java.partitionLeaderEpoch,
      magic: java.magic,
      crc: java.crc,
      attributes: java.attributes,
      compression: java.compression,
      timestampType: java.timestampType,
      isTransactional: java.isTransactional,
      isControl: java.isControl,
      deleteHorizonMs: java.deleteHorizonMs,
      lastOffsetDelta: java.lastOffsetDelta,
      baseTimestamp: java.baseTimestamp,
      maxTimestamp: java.maxTimestamp,
      producerId: java.producerId,
      producerEpoch: java.producerEpoch,
      baseSequence: java.baseSequence,
      count: java.count,
    })
  })

  test('has the records that Java reads from it', () => {
    expect(readRecords(bytes, { budget: plenty() }).map(asJson)).toEqual(recordsOf(java))
  })
})

// Records of LogAppendTime do not show the timestamps they were written with, and compressors may
// differ in what they write.
const rebuildable = current.filter(
  ({ compression, timestampType }) => compression === 'none' && timestampType === 'CreateTime',
)
test.each(rebuildable)('$name is built byte for byte as Java builds it', (java) => {
  const { name: _, base64, records: __, deleteHorizonMs, ...fields } = java
  const bytes = Buffer.from(base64, 'base64')
  const records = readRecords(bytes, { budget: plenty() })
  const horizon = deleteHorizonMs === null ? {} : { deleteHorizonMs }
  expect(Buffer.from(buildBatch({ ...fields, ...horizon, records }))).toEqual(bytes)
})

test.each(former)('$name is refused', ({ base64 }) => {
  const bytes = Buffer.from(base64, 'base64')
  const refused = kafkaError('UNSUPPORTED_FOR_MESSAGE_FORMAT')
  expect(() => validateBatch(bytes)).toThrow(refused)
  expect(() => [...batchStarts(bytes)]).toThrow(refused)
  expect(() => readRecords(bytes, { budget: plenty() })).toThrow(refused)
})

test('the large snappy batch has three blocks or more', () => {
  const large = current.find(({ name }) => name === 'large-snappy')
  const bytes = Buffer.from(large?.base64 ?? '', 'base64')
  let blocks = 0
  for (let at = 61 + 16; at < bytes.length; at += 4 + bytes.readInt32BE(at)) blocks++
  expect(blocks).toBeGreaterThanOrEqual(3)
})

test('the markers of Java say commit and abort', () => {
  const markers = current.filter(({ name }) => name.startsWith('control-'))
  expect(
    markers.map(({ base64 }) => readEndTransactionMarker(Buffer.from(base64, 'base64'))),
  ).toEqual([
    { type: 'commit', coordinatorEpoch: 12 },
    { type: 'abort', coordinatorEpoch: 12 },
  ])
})

type JsonRecord = {
  offset: number
  timestamp: number
  key: string | null
  value: string | null
  headers: readonly (readonly [string, string | null])[]
}

type Fixture = {
  name: string
  base64: string
  magic: number
  compression: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'
  baseOffset: number
  partitionLeaderEpoch: number
  crc: number
  attributes: number
  isTransactional: boolean
  isControl: boolean
  timestampType: string
  lastOffsetDelta: number
  baseTimestamp: number
  maxTimestamp: number
  deleteHorizonMs: number | null
  producerId: number
  producerEpoch: number
  baseSequence: number
  count: number
  records: readonly JsonRecord[] | { generator: 'record-i'; count: number }
}

function load(): readonly Fixture[] {
  const url = new URL('./fixtures/java-batches.json', import.meta.url)
  return JSON.parse(readFileSync(url, 'utf8'))
}

function recordsOf({ records, baseOffset, baseTimestamp }: Fixture): readonly JsonRecord[] {
  if (!('generator' in records)) return records
  return Array.from({ length: records.count }, (_, i) => ({
    offset: baseOffset + i,
    timestamp: baseTimestamp + i,
    key: Buffer.from(`key-${i}`).toString('base64'),
    value: Buffer.from(`value-${i}-`.repeat(100).slice(0, 100)).toString('base64'),
    headers: [],
  }))
}

function asJson({ offset, timestamp, key, value, headers }: LogRecord): JsonRecord {
  return {
    offset,
    timestamp,
    key: base64(key),
    value: base64(value),
    headers: headers.map((header) => [
      Buffer.from(header.key).toString('utf8'),
      base64(header.value),
    ]),
  }
}

function base64(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : Buffer.from(bytes).toString('base64')
}
