import { expect, test } from 'vitest'
import { decodeBatch, encodeBatch } from '../../../broker/metadata/batch.ts'
import { MetadataError } from '../../../broker/metadata/metadata-error.ts'
import { buildBatch } from '../../../broker/protocol/records/build.ts'
import { mutations } from '../../support/mutate.ts'
import { topicOf, uuid } from './support.ts'

const records = topicOf('orders', uuid(1), 3)
const about = { baseOffset: 70, controllerEpoch: 4, timestampMs: 1_000 }
const batch = encodeBatch(records, about)

test('a batch is read as it was written, wherever it lies', () => {
  expect(batch).toMatchObject({ baseOffset: 70, nextOffset: 74, controllerEpoch: 4 })
  const { bytes, ...rest } = decodeBatch(Buffer.concat([Buffer.from('xx'), batch.bytes]), 2)
  expect(rest).toEqual({ ...about, nextOffset: 74, records })
  expect(Buffer.compare(bytes, batch.bytes)).toBe(0)
})

test.each([
  ['a control batch', { isControl: true, records: [{ timestamp: 0, key: null, value: null }] }],
  ['offsets without records', { records: [], lastOffsetDelta: 3 }],
])('%s is no batch of the metadata log', (_, input) => {
  expect(() => decodeBatch(buildBatch(input))).toThrow(
    expect.objectContaining({ problem: 'Malformed' }),
  )
})

test('bytes that changed are refused, never read as something else', () => {
  for (const bytes of mutations(batch.bytes, { count: 3_000, seed: 3 })) {
    try {
      // Only what the CRC does not cover can differ: offset and epoch, which the log has to check.
      expect(decodeBatch(bytes).records).toEqual(records)
    } catch (error) {
      expect(error).toBeInstanceOf(MetadataError)
    }
  }
})
