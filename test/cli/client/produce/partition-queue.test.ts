import { expect, test } from 'vitest'
import { PartitionQueue } from '../../../../cli/client/produce/partition-queue.ts'

test('a batch is due once it is full, or has waited for 5 ms', () => {
  const queue = new PartitionQueue(0)
  queue.add(record(100), 1_000)
  expect([1_004, 1_005].map((nowMs) => queue.isDue(nowMs))).toEqual([false, true])

  queue.add(record(65_500), 1_001)
  expect(queue.isDue(1_001)).toBe(true)
  expect(queue.first?.records).toHaveLength(1)
})

test('what is sent is what it was: later records go into the next batch', () => {
  const queue = new PartitionQueue(0)
  queue.add(record(1), 0)
  const sent = queue.seal()
  queue.add(record(2), 0)

  expect(sent.records).toHaveLength(1)
  expect(queue.seal()).toBe(sent)
})

test('sequence numbers follow from what was delivered, and wrap as in Kafka', () => {
  const queue = new PartitionQueue(0)
  for (const size of [1, 2]) queue.add(record(size), 0)
  queue.shift()
  expect(queue.sequence).toBe(2)

  queue.sequence = 2 ** 31 - 1
  for (const size of [1, 2]) queue.add(record(size), 0)
  queue.shift()
  expect(queue.sequence).toBe(1)
})

test('a batch that is too large becomes two, down to single records, in order', () => {
  const queue = new PartitionQueue(0)
  for (const size of [1, 2, 3]) queue.add(record(size), 0)

  expect(queue.split()).toBe(true)
  const sizes = []
  while (queue.first !== undefined) {
    if (!queue.split()) sizes.push(queue.shift().records.map(({ value }) => value?.length))
  }
  expect(sizes).toEqual([[1], [2], [3]])
})

test.each(['isHeld', 'isUnderWay'] as const)('nothing is due while it %s', (state) => {
  const queue = new PartitionQueue(0)
  queue.add(record(1), 0)
  expect(queue.isLingering(0)).toBe(true)

  queue[state] = true
  expect(queue.isDue(Number.POSITIVE_INFINITY)).toBe(false)
  expect(queue.isLingering(0)).toBe(false)
})

function record(sizeBytes: number) {
  return { timestamp: 0, key: null, value: new Uint8Array(sizeBytes) }
}
