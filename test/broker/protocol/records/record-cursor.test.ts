import { describe, expect, test } from 'vitest'
import { buildBatch } from '../../../../broker/protocol/records/build.ts'
import { at, compressionTypes } from '../../../../broker/protocol/records/layout.ts'
import { readRecords } from '../../../../broker/protocol/records/read.ts'
import { RecordCursor } from '../../../../broker/protocol/records/record-cursor.ts'
import { changed, kafkaError, plenty } from './support.ts'

const record = { timestamp: 1_000, key: null, value: null }

test('it goes over the records once, with what is asked of each', () => {
  const keys = ['a', null, 'c']
  const records = keys.map((key) => ({ ...record, key: key === null ? null : Buffer.from(key) }))
  const cursor = new RecordCursor(buildBatch({ records, baseOffset: 7 }), 0, plenty())
  expect(cursor.count).toBe(3)
  const seen = []
  while (cursor.next()) {
    seen.push([cursor.offset, cursor.hasKey, cursor.key()?.[0] ?? null, cursor.value()])
    expect(cursor.headers()).toEqual([])
  }
  expect(seen).toEqual([
    [7, true, 97, null],
    [8, false, null, null],
    [9, true, 99, null],
  ])
  expect(cursor.next()).toBe(false)
})

test('headers are read as often as asked, and do not disturb the walk', () => {
  const headers = [{ key: Buffer.from('h'), value: null }]
  const records = [1, 2].map(() => ({ ...record, headers }))
  const cursor = new RecordCursor(buildBatch({ records }), 0, plenty())
  while (cursor.next()) {
    expect(cursor.headers()).toEqual([{ key: new Uint8Array([104]), value: null }])
    expect(cursor.headers()).toHaveLength(1)
  }
  expect(cursor.offset).toBe(1)
})

describe('budget', () => {
  const records = [1, 2].map(() => ({ ...record, value: Buffer.alloc(500) }))
  const plainSize = buildBatch({ records }).length - at.records

  test.each(compressionTypes)(
    '%s: decompressed bytes are taken off, others are not',
    (compression) => {
      const bytes = buildBatch({ records, compression })
      const budget = { remainingBytes: 2 * plainSize }
      readRecords(bytes, { budget })
      expect(budget.remainingBytes).toBe(compression === 'none' ? 2 * plainSize : plainSize)
      readRecords(bytes, { budget })
      if (compression === 'none') return
      expect(budget.remainingBytes).toBe(0)
      expect(() => readRecords(bytes, { budget })).toThrow(kafkaError('MESSAGE_TOO_LARGE'))
    },
  )

  test.each(compressionTypes.slice(1))('%s: damaged data is CORRUPT_MESSAGE', (compression) => {
    const bytes = changed(buildBatch({ records, compression }), (copy) =>
      copy.fill(0x99, at.records),
    )
    expect(() => readRecords(bytes, { budget: plenty() })).toThrow(kafkaError('CORRUPT_MESSAGE'))
  })
})

test.each(compressionTypes)('%s: a false count allocates nothing', (compression) => {
  const bytes = changed(buildBatch({ records: [record], compression }), (copy) =>
    copy.writeInt32BE(0x7fffffff, at.recordsCount),
  )
  expect(() => readRecords(bytes, { budget: plenty() })).toThrow(kafkaError('INVALID_RECORD'))
})

/** Length, attributes, deltas of timestamp and offset, key, value, headers: each as hex. */
describe('INVALID_RECORD', () => {
  test('these are valid', () => {
    expect(read('0c 00 00 00 01 01 00')).toMatchObject([{ offset: 0, key: null, value: null }])
    expect(read('0c 00 00 00 00 00 00')).toMatchObject([{ key: { length: 0 } }])
    expect(read('14 00 8180808000 00 01 01 00')).toMatchObject([{ timestamp: 999 }]) // not shortest
    expect(read('1e 00 80808080808080808000 00 01 01 00')).toHaveLength(1)
    expect(read('12 00 00 00 01 01 02 02 61 01')).toMatchObject([{ headers: [{ value: null }] }])
  })

  test.each([
    ['a length of 0', '00'],
    ['a negative length', '01 00 00 00 01 01 00'],
    ['a length beyond the end', '0e 00 00 00 01 01 00'],
    ['a length that is too short', '0a 00 00 00 01 01 00'],
    ['a length that leaves bytes over', '0e 00 00 00 01 01 00 00'],
    ['bytes behind the last record', '0c 00 00 00 01 01 00 00'],
    ['a huge length', 'feffffff0f 00 00 00 01 01 00'],
    ['a length of 6 bytes', '8c8080808000 00 00 00 01 01 00'],
    ['a length of 33 bits', '8c80808010 00 00 00 01 01 00'],
    ['a key beyond the record', '0c 00 00 00 02 01 00'],
    ['a key of length -2', '0c 00 00 00 03 01 00'],
    ['a value beyond the record', '0c 00 00 00 01 04 00'],
    ['a value of length -2', '0c 00 00 00 01 03 00'],
    ['a negative count of headers', '0c 00 00 00 01 01 01'],
    ['a false count of headers', '14 00 00 00 01 01 feffffff0f'],
    ['a null header key', '10 00 00 00 01 01 02 01 01'],
    ['a header value beyond the record', '10 00 00 00 01 01 02 00 02'],
    ['a negative offset delta', '0c 00 00 01 01 01 00'],
    ['an offset beyond the last', '0c 00 00 04 01 01 00'],
    ['a timestamp of 11 bytes', '20 00 8080808080808080808000 00 01 01 00'],
    ['a timestamp of 2^53', '1a 00 8080808080808020 00 01 01 00'],
    ['a timestamp of 64 bits', '1e 00 ffffffffffffffffff01 00 01 01 00'],
    ['a record that ends in a varint', '04 00 80'],
  ])('%s', (_, hex) => {
    expect(() => read(hex)).toThrow(kafkaError('INVALID_RECORD'))
  })

  test('an offset twice', () => {
    expect(() => read('0c 00 00 00 01 01 00 0c 00 00 00 01 01 00', 2)).toThrow(
      kafkaError('INVALID_RECORD'),
    )
  })

  test('fewer records than said', () => {
    expect(() => read('0c 00 00 00 01 01 00 0c 00 00 02 01 01 00', 1)).toThrow(
      kafkaError('INVALID_RECORD'),
    )
  })
})

/** Reads the records given as hex from a batch that says it has `count` of them. */
function read(hex: string, count = 1) {
  const records = Buffer.from(hex.replaceAll(' ', ''), 'hex')
  const header = buildBatch({ records: [record] }).subarray(0, at.records)
  const bytes = changed(Buffer.concat([header, records]), (copy) => {
    copy.writeInt32BE(copy.length - 12, at.batchLength)
    copy.writeInt32BE(count, at.recordsCount)
    copy.writeInt32BE(1, at.lastOffsetDelta)
  })
  // What lies behind the batch must not be taken for a part of it.
  return readRecords(Buffer.concat([bytes, Buffer.alloc(20)]), { budget: plenty() })
}
