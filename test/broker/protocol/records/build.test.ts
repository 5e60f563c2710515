import fc from 'fast-check'
import { expect, test } from 'vitest'
import { buildBatch } from '../../../../broker/protocol/records/build.ts'
import * as header from '../../../../broker/protocol/records/header.ts'
import { compressionTypes } from '../../../../broker/protocol/records/layout.ts'
import { readRecords } from '../../../../broker/protocol/records/read.ts'
import type { LogRecord } from '../../../../broker/protocol/records/record.ts'
import { validateBatch } from '../../../../broker/protocol/records/validate.ts'
import { anyBatch } from './arbitraries.ts'
import { plenty } from './support.ts'

const invariantError = expect.objectContaining({ name: 'InvariantError' })
const record = { timestamp: 5, key: null, value: null }

test('what is built is valid and is read back', () => {
  fc.assert(
    fc.property(anyBatch, (batch) => {
      const bytes = buildBatch(batch)
      expect(validateBatch(bytes)).toBe(bytes.length)
      expect(header.compressionOf(bytes, 0)).toBe(batch.compression)
      expect(header.nextOffsetOf(bytes, 0)).toBe(batch.baseOffset + batch.lastOffsetDelta + 1)
      const timestamps = batch.records.map(({ timestamp }) => timestamp)
      expect(header.maxTimestampOf(bytes, 0)).toBe(Math.max(...timestamps))
      expect(plain(readRecords(bytes, { budget: plenty() }))).toEqual(plain(batch.records))
    }),
    { seed: 1, numRuns: 400 },
  )
})

test('a batch is read from wherever it lies in a larger buffer', () => {
  const [a, b] = [1, 2].map((length) =>
    buildBatch({ records: Array.from({ length }, () => record), compression: 'lz4' }),
  ) as [Uint8Array, Uint8Array]
  const around = new Uint8Array(a.length + b.length + 30).fill(0xff)
  around.set(a, 10)
  around.set(b, 10 + a.length)
  const bytes = around.subarray(5, 15 + a.length + b.length)
  expect(validateBatch(bytes, 5)).toBe(5 + a.length)
  expect(readRecords(bytes, { start: 5, budget: plenty() })).toHaveLength(1)
  expect(readRecords(bytes, { start: 5 + a.length, budget: plenty() })).toHaveLength(2)
})

test('keys and values are views of the batch', () => {
  const bytes = buildBatch({ records: [{ ...record, key: Buffer.from('key') }] })
  const [read] = readRecords(bytes, { budget: plenty() })
  expect(read?.key?.buffer).toBe(bytes.buffer)
})

test('what is left out is what a plain producer sends', () => {
  const bytes = buildBatch({ records: [record, record] })
  expect({
    baseOffset: header.baseOffsetOf(bytes, 0),
    partitionLeaderEpoch: header.partitionLeaderEpochOf(bytes, 0),
    attributes: header.attributesOf(bytes, 0),
    lastOffsetDelta: header.lastOffsetDeltaOf(bytes, 0),
    producerId: header.producerIdOf(bytes, 0),
    producerEpoch: header.producerEpochOf(bytes, 0),
    baseSequence: header.baseSequenceOf(bytes, 0),
  }).toEqual({
    baseOffset: 0,
    partitionLeaderEpoch: -1,
    attributes: 0,
    lastOffsetDelta: 1,
    producerId: -1,
    producerEpoch: -1,
    baseSequence: -1,
  })
})

test('log append time is the time of every record', () => {
  const bytes = buildBatch({
    records: [record, { ...record, timestamp: 900 }],
    logAppendTimeMs: 70,
  })
  expect(header.timestampTypeOf(bytes, 0)).toBe('LogAppendTime')
  expect(header.maxTimestampOf(bytes, 0)).toBe(70)
  const timestamps = readRecords(bytes, { budget: plenty() }).map(({ timestamp }) => timestamp)
  expect(timestamps).toEqual([70, 70])
})

test.each(compressionTypes)(
  '%s: a batch that lost all records keeps its offsets',
  (compression) => {
    const bytes = buildBatch({
      records: [],
      compression,
      baseOffset: 40,
      lastOffsetDelta: 9,
      maxTimestamp: 77,
    })
    expect(validateBatch(bytes)).toBe(61)
    expect(header.nextOffsetOf(bytes, 0)).toBe(50)
    expect(header.maxTimestampOf(bytes, 0)).toBe(77)
    expect(readRecords(bytes, { budget: plenty() })).toEqual([])
  },
)

test.each([
  ['an offset before the base offset', { baseOffset: 10, records: [{ ...record, offset: 9 }] }],
  ['an offset twice', { records: [1, 1].map((offset) => ({ ...record, offset })) }],
  ['an offset beyond the last', { records: [record, record], lastOffsetDelta: 0 }],
  ['a last offset of 33 bits', { records: [{ ...record, offset: 2 ** 31 }] }],
  ['a timestamp between milliseconds', { records: [{ ...record, timestamp: 0.5 }] }],
  ['a timestamp that is none', { records: [{ ...record, timestamp: Number.NaN }] }],
  ['an offset that is not safe', { records: [record], baseOffset: 2 ** 53 }],
  ['a producer epoch of 17 bits', { records: [record], producerEpoch: 2 ** 15 }],
  ['a sequence of 33 bits', { records: [record], baseSequence: 2 ** 31 }],
])('%s is not built', (_, input) => {
  expect(() => buildBatch(input)).toThrow(invariantError)
})

/** Comparable: without the difference between Buffer, view and array. */
function plain(records: readonly LogRecord[]) {
  const hex = (bytes: Uint8Array | null) => bytes && Buffer.from(bytes).toString('hex')
  return records.map(({ offset, timestamp, key, value, headers }) => ({
    offset,
    timestamp,
    key: hex(key),
    value: hex(value),
    headers: headers.map((one) => [hex(one.key), hex(one.value)]),
  }))
}
