import { expect, test } from 'vitest'
import { type MetadataRecord, metadataRecord } from '../../../broker/metadata/records.ts'
import type { Acks } from '../../../broker/partition/partition.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { bytesOf } from '../log/log-support.ts'
import { uuid } from '../metadata/support.ts'
import { until } from '../net/support.ts'
import { BrokerParts, kafkaError, newTopic, produced, setting } from './support.ts'

const to = (acks: Acks, timeoutMs = 1_000) => ({ acks, timeoutMs })
const uncommitted = {
  maxBytes: 1_000_000,
  atLeastOne: true,
  isolation: 'read_uncommitted',
} as const

async function withOrders(...more: readonly MetadataRecord[]) {
  const broker = await BrokerParts.open()
  broker.apply(...newTopic('orders', uuid(1)), ...more)
  return { broker, partition: broker.partitions.leaderOf({ name: 'orders' }, 0) }
}

test('batches that come within one turn are written together, and each is answered for itself', async () => {
  const { broker, partition } = await withOrders()
  await using _ = broker
  const damaged = produced(['damaged'])
  damaged[70] = (damaged[70] as number) + 1
  const appends = [produced(['a', 'b']), damaged, produced(['c'])].map((batch) =>
    partition.append(batch, to(1)),
  )
  const [first, second, third] = await Promise.allSettled(appends)
  expect(first).toMatchObject({ value: { baseOffset: 0, nextOffset: 2 } })
  expect(second).toMatchObject({ reason: kafkaError('CORRUPT_MESSAGE') })
  expect(third).toMatchObject({ value: { baseOffset: 2, nextOffset: 3 } })
})

test('what was sent before is answered with where it is', async () => {
  const { broker, partition } = await withOrders()
  await using _ = broker
  const sent = () => produced(['a'], { producerId: 5, producerEpoch: 0, baseSequence: 0 })
  expect(await partition.append(sent(), to(-1))).toMatchObject({ isDuplicate: false })
  await partition.append(produced(['b']), to(-1))
  const again = await partition.append(sent(), to(-1))
  expect(again).toMatchObject({ baseOffset: 0, isDuplicate: true })
  expect(partition.log.logEndOffset).toBe(2)
})

test('with kavka.flush Always acks=all waits for the disk, and consumers see no more than it has', async () => {
  const { broker, partition } = await withOrders(setting('orders', 'kavka.flush', 'Always'))
  await using _ = broker
  await partition.append(produced(['a']), to(1))
  // It is in the page cache: a flush takes longer than a microtask.
  expect(partition.log.logEndOffset).toBe(1)
  expect(partition.highWatermark()).toBe(partition.log.flushedEndOffset)
  const appended = await partition.append(produced(['b']), to(-1))
  expect(appended.nextOffset).toBe(2)
  expect(partition.log.flushedEndOffset).toBe(2)
  expect(partition.highWatermark()).toBe(2)
})

test('a producer hears when its time is over, and the batch stays', async () => {
  const clock = new ManualClock()
  await using broker = await BrokerParts.open({ clock })
  broker.apply(...newTopic('orders', uuid(1)))
  const partition = broker.partitions.leaderOf({ name: 'orders' }, 0)
  // The first append makes a directory, for which it has to wait.
  const append = partition.append(produced(['a']), to(-1, 5))
  const outcome = append.catch((error: unknown) => error)
  await Promise.resolve()
  expect(clock.pending).toBe(1)
  await clock.advance(5)
  expect(await outcome).toEqual(kafkaError('REQUEST_TIMED_OUT'))
  await until(() => partition.highWatermark() === 1, 'it is written all the same')
  expect(clock.pending).toBe(0)
})

test('acks=all needs as many replicas in sync as the topic says, but not more than there are', async () => {
  await using broker = await BrokerParts.open()
  broker.apply(
    metadataRecord('TopicRecord', { name: 'orders', topicId: uuid(1) }),
    metadataRecord('PartitionRecord', {
      topicId: uuid(1),
      partitionId: 0,
      replicas: [1, 2],
      isr: [1],
      addingReplicas: [],
      removingReplicas: [],
      leader: 1,
      leaderEpoch: 0,
      partitionEpoch: 0,
    }),
    ...newTopic('single', uuid(2)),
    setting('orders', 'min.insync.replicas', '2'),
    setting('single', 'min.insync.replicas', '2'),
  )
  const append = (name: string, acks: Acks) =>
    broker.partitions.leaderOf({ name }, 0).append(produced(['a']), to(acks))
  await expect(append('orders', -1)).rejects.toThrow(kafkaError('NOT_ENOUGH_REPLICAS'))
  expect((await append('orders', 1)).baseOffset).toBe(0)
  expect((await append('single', -1)).baseOffset).toBe(0)
})

test('who waits is called with the append that it waits for, and no more once it left', async () => {
  const { broker, partition } = await withOrders()
  await using _ = broker
  await partition.append(produced(['made']), to(1))
  let calls = 0
  const waiter = { changed: () => void (calls += 1) }
  partition.wait(waiter)
  const append = partition.append(produced(['a']), to(1))
  expect(calls).toBe(0)
  await append
  expect(calls).toBe(1) // before its producer hears
  partition.stopWaiting(waiter)
  await partition.append(produced(['b']), to(1))
  expect(calls).toBe(1)
})

test('a reader gets whole batches, and one that is too large only if it must', async () => {
  const { broker, partition } = await withOrders()
  await using _ = broker
  await partition.append(produced(['a'.repeat(100)]), to(1))
  await partition.append(produced(['b'.repeat(100)]), to(1))
  const read = (offset: number, maxBytes: number, atLeastOne: boolean) =>
    partition.read(offset, { ...uncommitted, maxBytes, atLeastOne })
  expect(read(0, 10, false).sizeBytes).toBe(0)
  expect(read(0, -5, false).sizeBytes).toBe(0)
  const one = read(0, 10, true)
  expect(bytesOf(one).includes('a'.repeat(100))).toBe(true)
  expect(read(0, 1_000, false).sizeBytes).toBe(2 * one.sizeBytes)
  expect(read(2, 1_000, true).sizeBytes).toBe(0)
  expect(() => read(3, 1_000, true)).toThrow(kafkaError('OFFSET_OUT_OF_RANGE'))
  expect(() => read(-1, 1_000, true)).toThrow(kafkaError('OFFSET_OUT_OF_RANGE'))
})

test('who reads what is committed sees nothing behind the first open transaction', async () => {
  const { broker, partition } = await withOrders()
  await using _ = broker
  await partition.append(produced(['a']), to(1))
  const open = { producerId: 5, producerEpoch: 0, baseSequence: 0, isTransactional: true }
  await partition.append(produced(['b'], open), to(1))
  await partition.append(produced(['c']), to(1))
  expect(partition.highWatermark()).toBe(3)
  expect(partition.lastStableOffset()).toBe(1)
  const isolation = 'read_committed'
  const committed = partition.read(0, { ...uncommitted, isolation })
  expect(committed.sizeBytes).toBeLessThan(partition.read(0, uncommitted).sizeBytes)
  expect(partition.read(1, { ...uncommitted, isolation }).sizeBytes).toBe(0)
})

test('a log that is offline is told as such', async () => {
  const { broker, partition } = await withOrders()
  await using _ = broker
  await partition.append(produced(['a']), to(1))
  partition.log.close()
  await expect(partition.append(produced(['b']), to(1))).rejects.toThrow(
    kafkaError('KAFKA_STORAGE_ERROR'),
  )
})

test('epochs end where the next one begins, also one that has no batch yet', async () => {
  await using broker = await BrokerParts.open()
  broker.apply(...newTopic('orders', uuid(1), { leaderEpoch: 3 }))
  const partition = broker.partitions.leaderOf({ name: 'orders' }, 0)
  expect(partition.endOffsetForEpoch(3)).toEqual({ epoch: 3, endOffset: 0 })
  await partition.append(produced(['a', 'b']), to(1))
  const change = { topicId: uuid(1), partitionId: 0 }
  broker.apply(metadataRecord('PartitionChangeRecord', { ...change, leader: -1 }))
  broker.apply(metadataRecord('PartitionChangeRecord', { ...change, leader: 1 }))
  expect(partition.leaderEpoch).toBe(5)
  expect(partition.endOffsetForEpoch(3)).toEqual({ epoch: 3, endOffset: 2 })
  expect(partition.endOffsetForEpoch(4)).toEqual({ epoch: 3, endOffset: 2 })
  expect(partition.endOffsetForEpoch(5)).toEqual({ epoch: 5, endOffset: 2 })
  expect(partition.endOffsetForEpoch(6)).toEqual({ epoch: -1, endOffset: -1 })
  await partition.append(produced(['c']), to(1))
  expect(partition.endOffsetForEpoch(3)).toEqual({ epoch: 3, endOffset: 2 })
  expect(partition.endOffsetForEpoch(5)).toEqual({ epoch: 5, endOffset: 3 })
  expect(partition.endOffsetForEpoch(2)).toEqual({ epoch: 2, endOffset: 0 })
})
