import { expect, test } from 'vitest'
import * as header from '../../../../broker/protocol/records/header.ts'
import { placeBatch, stampLogAppendTime } from '../../../../broker/protocol/records/patch.ts'
import { readRecords } from '../../../../broker/protocol/records/read.ts'
import { validateBatch } from '../../../../broker/protocol/records/validate.ts'
import { plenty, producedBatch } from './support.ts'

const invariantError = expect.objectContaining({ name: 'InvariantError' })

test.each([0, 1, 2 ** 32 - 1, 2 ** 32, 2 ** 40 + 12_345, 2 ** 53 - 4])(
  'a batch placed at offset %i is still valid and its records follow',
  (baseOffset) => {
    const bytes = Buffer.concat([Buffer.alloc(9), producedBatch()])
    placeBatch(bytes, 9, { baseOffset, partitionLeaderEpoch: 12 })
    expect(validateBatch(bytes, 9)).toBe(bytes.length)
    expect(header.partitionLeaderEpochOf(bytes, 9)).toBe(12)
    const offsets = readRecords(bytes, { start: 9, budget: plenty() }).map(({ offset }) => offset)
    expect(offsets).toEqual([baseOffset, baseOffset + 1, baseOffset + 2])
  },
)

test('a batch is not placed before the log', () => {
  const place = { baseOffset: -1, partitionLeaderEpoch: 0 }
  expect(() => placeBatch(producedBatch(), 0, place)).toThrow(invariantError)
})

test.each(['none', 'gzip'] as const)(
  '%s: log append time replaces every timestamp',
  (compression) => {
    const bytes = producedBatch({ compression, isTransactional: true })
    stampLogAppendTime(bytes, 0, { logAppendTimeMs: 1_700_000_000_000 })
    expect(validateBatch(bytes)).toBe(bytes.length)
    expect(header.timestampTypeOf(bytes, 0)).toBe('LogAppendTime')
    expect(header.isTransactional(bytes, 0)).toBe(true)
    expect(header.compressionOf(bytes, 0)).toBe(compression)
    for (const { timestamp } of readRecords(bytes, { budget: plenty() })) {
      expect(timestamp).toBe(1_700_000_000_000)
    }
  },
)
