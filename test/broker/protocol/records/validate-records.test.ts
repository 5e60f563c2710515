import { expect, test } from 'vitest'
import { compressionTypes } from '../../../../broker/protocol/records/layout.ts'
import { validateProducedRecords } from '../../../../broker/protocol/records/validate-records.ts'
import { kafkaError, plenty, producedBatch } from './support.ts'

const record = { timestamp: 5, key: Buffer.from('key'), value: null }

test.each(compressionTypes)(
  '%s: the records tell their true range of timestamps',
  (compression) => {
    const records = [30, -1, 1_000, 7].map((timestamp) => ({ ...record, timestamp }))
    const bytes = producedBatch({ records, compression })
    const range = validateProducedRecords(bytes, { budget: plenty(), requireKeys: true })
    expect(range).toEqual({ minTimestamp: -1, maxTimestamp: 1_000 })
  },
)

test('a compacted topic takes no record without a key, but one with an empty key', () => {
  const empty = producedBatch({ records: [record, { ...record, key: new Uint8Array(0) }] })
  validateProducedRecords(empty, { budget: plenty(), requireKeys: true })

  const without = producedBatch({ records: [record, { ...record, key: null }] })
  validateProducedRecords(without, { budget: plenty() })
  expect(() => validateProducedRecords(without, { budget: plenty(), requireKeys: true })).toThrow(
    kafkaError('INVALID_RECORD'),
  )
})

test('a gap between offsets is INVALID_RECORD', () => {
  const records = [0, 2].map((offset) => ({ ...record, offset }))
  const bytes = producedBatch({ records })
  expect(() => validateProducedRecords(bytes, { budget: plenty() })).toThrow(
    kafkaError('INVALID_RECORD'),
  )
})
