import { expect, test } from 'vitest'
import { buildBatch } from '../../../../broker/protocol/records/build.ts'
import { at } from '../../../../broker/protocol/records/layout.ts'
import { batchStarts, wholeBatchEnd } from '../../../../broker/protocol/records/walk.ts'
import { kafkaError, producedBatch } from './support.ts'

const first = producedBatch()
const second = buildBatch({ records: [], lastOffsetDelta: 5 })
const both = Buffer.concat([first, second])

test('batches are found one behind the other, compacted ones too', () => {
  expect([...batchStarts(both)]).toEqual([0, first.length])
  expect([...batchStarts(both, first.length)]).toEqual([first.length])
  expect([...batchStarts(both, both.length)]).toEqual([])
})

test('a batch that is cut off at the end is left out, as Fetch may answer with one', () => {
  for (let length = 0; length < both.length; length++) {
    const expected = length < first.length ? [] : [0]
    expect([...batchStarts(both.subarray(0, length))]).toEqual(expected)
  }
})

test('a damaged batch is reported once the walk comes to it', () => {
  const damaged = Buffer.from(both)
  damaged.writeInt32BE(48, first.length + at.batchLength)
  const starts = batchStarts(damaged)
  expect(starts.next().value).toBe(0)
  expect(() => starts.next()).toThrow(kafkaError('CORRUPT_MESSAGE'))
})

test.each([0, 1])('a message of magic %i is refused', (magic) => {
  const old = Buffer.from(both)
  old[at.magic] = magic
  expect(() => wholeBatchEnd(old)).toThrow(kafkaError('UNSUPPORTED_FOR_MESSAGE_FORMAT'))
})
