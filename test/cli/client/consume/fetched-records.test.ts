import { expect, test } from 'vitest'
import { type BatchInput, buildBatch } from '../../../../broker/protocol/records/build.ts'
import { buildEndTransactionMarker } from '../../../../broker/protocol/records/control.ts'
import { placeBatch } from '../../../../broker/protocol/records/patch.ts'
import { fetchedRecords } from '../../../../cli/client/consume/fetched-records.ts'

test('records before the position are left out: they came with their batch', () => {
  const bytes = batch(['a', 'b', 'c'], { baseOffset: 10 })

  expect(valuesOf(bytes, 11)).toEqual({ values: ['b', 'c'], nextOffset: 13 })
})

test('a batch that is cut off at the end is fetched again', () => {
  const bytes = Buffer.concat([batch(['a']), batch(['b'], { baseOffset: 1 }).subarray(0, -1)])

  expect(valuesOf(bytes, 0)).toEqual({ values: ['a'], nextOffset: 1 })
})

test('offsets that compaction has emptied are gone over', () => {
  const bytes = batch(['a'], { baseOffset: 10, lastOffsetDelta: 5 })

  expect(valuesOf(bytes, 10).nextOffset).toBe(16)
})

test('damaged bytes are refused', () => {
  const bytes = batch(['a'])
  bytes[bytes.length - 2] = 9

  expect(() => valuesOf(bytes, 0)).toThrow('CRC')
})

test('markers of transactions are never records', () => {
  const bytes = Buffer.concat([batch(['a'], transactional), marker('commit', 1)])

  expect(valuesOf(bytes, 0)).toEqual({ values: ['a'], nextOffset: 2 })
})

test('of a producer, only what lies between the begin and the end of an aborted transaction is hidden', () => {
  const bytes = Buffer.concat([
    batch(['committed'], transactional),
    marker('commit', 1),
    batch(['aborted'], { ...transactional, baseOffset: 2 }),
    batch(['of another'], { baseOffset: 3, producerId: 8, producerEpoch: 0, baseSequence: 0 }),
    marker('abort', 4),
    batch(['after'], { ...transactional, baseOffset: 5 }),
  ])
  const aborted = [{ producerId: 7, firstOffset: 2 }]

  expect(valuesOf(bytes, 0, aborted).values).toEqual(['committed', 'of another', 'after'])
  expect(valuesOf(bytes, 0).values).toEqual(['committed', 'aborted', 'of another', 'after'])
})

const transactional = { producerId: 7, producerEpoch: 0, baseSequence: 0, isTransactional: true }

function batch(values: string[], input: Partial<BatchInput> = {}): Uint8Array {
  const records = values.map((value) => ({ timestamp: 0, key: null, value: Buffer.from(value) }))
  return buildBatch({ ...input, records })
}

function marker(type: 'abort' | 'commit', baseOffset: number): Uint8Array {
  const producer = { producerId: 7, producerEpoch: 0, timestamp: 0 }
  const bytes = buildEndTransactionMarker({ type, coordinatorEpoch: 0, ...producer })
  placeBatch(bytes, 0, { baseOffset, partitionLeaderEpoch: 0 })
  return bytes
}

function valuesOf(
  bytes: Uint8Array,
  from: number,
  aborted: { producerId: number; firstOffset: number }[] = [],
) {
  const { records, nextOffset } = fetchedRecords(bytes, { from, aborted })
  return { values: records.map(({ value }) => Buffer.from(value ?? []).toString()), nextOffset }
}
