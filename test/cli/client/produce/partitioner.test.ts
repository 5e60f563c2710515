import { expect, test } from 'vitest'
import { murmur2 } from '../../../../cli/client/produce/murmur2.ts'
import { partitionOfKey, StickyPartitioner } from '../../../../cli/client/produce/partitioner.ts'

const random = { below: () => 0, bytes: (count: number) => new Uint8Array(count) }

// From UtilsTest.testMurmur2 of Apache Kafka.
test.each([
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
])("the hash of a key is that of Kafka's clients: %s", (key, hash) => {
  expect(murmur2(Buffer.from(key))).toBe(hash)
})

test('a key has its partition also while that has no leader', () => {
  const topic = topicOf([undefined, undefined, undefined])

  expect(partitionOfKey(Buffer.from('foobar'), topic)).toBe((-790332482 & 0x7fffffff) % 3)
})

test('records without keys stay with a partition for a batch, and leave out what has no leader', () => {
  const sticky = new StickyPartitioner(random)
  const topic = topicOf([1, undefined, 2, 1])
  const fits = () => true
  const isFull = () => false

  expect(
    [isFull, fits, fits, isFull, isFull, isFull].map((is) => sticky.choose(topic, is)),
  ).toEqual([0, 0, 0, 2, 3, 0])
})

test('where nothing is led, records wait in some partition', () => {
  expect(new StickyPartitioner(random).choose(topicOf([undefined]), () => false)).toBe(0)
})

function topicOf(leaders: (number | undefined)[]) {
  return { name: 'orders', partitions: leaders.map((leader, id) => ({ id, leader })) }
}
