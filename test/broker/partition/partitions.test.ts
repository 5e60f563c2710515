import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { metadataRecord } from '../../../broker/metadata/records.ts'
import { uuid } from '../metadata/support.ts'
import { until } from '../net/support.ts'
import {
  BrokerParts,
  kafkaError,
  newLeader,
  newTopic,
  nodeId,
  produced,
  setting,
} from './support.ts'

const orders = { name: 'orders' }
const all = { acks: -1, timeoutMs: 1_000 } as const

test('a partition of a hundred thousand that nobody has asked for takes nothing', async () => {
  await using broker = await BrokerParts.open()
  for (let index = 0; index < 100; index++) {
    broker.apply(...newTopic(`topic-${index}`, uuid(index + 1), { count: 1_000 }))
  }
  expect(broker.partitions.count).toBe(0)
  await broker.partitions.leaderOf({ name: 'topic-7' }, 999).append(produced(['a']), all)
  expect(broker.partitions.count).toBe(1)
})

test('a partition is found by the name or the id of its topic, and no other', async () => {
  await using broker = await BrokerParts.open()
  broker.apply(...newTopic('orders', uuid(1), { count: 2 }))
  const { partitions } = broker
  expect(partitions.leaderOf({ id: uuid(1) }, 1)).toBe(partitions.leaderOf(orders, 1))
  expect(() => partitions.leaderOf(orders, 2)).toThrow(kafkaError('UNKNOWN_TOPIC_OR_PARTITION'))
  expect(() => partitions.leaderOf(orders, -1)).toThrow(kafkaError('UNKNOWN_TOPIC_OR_PARTITION'))
  expect(() => partitions.leaderOf({ name: 'none' }, 0)).toThrow(
    kafkaError('UNKNOWN_TOPIC_OR_PARTITION'),
  )
  expect(() => partitions.leaderOf({ id: uuid(9) }, 0)).toThrow(kafkaError('UNKNOWN_TOPIC_ID'))
})

test('the epoch that a client knows is compared before the leader is', async () => {
  await using broker = await BrokerParts.open()
  broker.apply(...newTopic('orders', uuid(1), { leaderEpoch: 5, leader: 2 }))
  const at = (currentLeaderEpoch: number) => () =>
    broker.partitions.leaderOf(orders, 0, { currentLeaderEpoch })
  expect(at(4)).toThrow(kafkaError('FENCED_LEADER_EPOCH'))
  expect(at(6)).toThrow(kafkaError('UNKNOWN_LEADER_EPOCH'))
  expect(at(5)).toThrow(kafkaError('NOT_LEADER_OR_FOLLOWER'))
})

test('who leads no longer answers what waits, and is asked again once it leads', async () => {
  await using broker = await BrokerParts.open()
  broker.apply(...newTopic('orders', uuid(1)))
  const partition = broker.partitions.leaderOf(orders, 0)
  const append = partition.append(produced(['a']), all)
  broker.apply(newLeader(uuid(1), 0, -1))
  await expect(append).rejects.toThrow(kafkaError('NOT_LEADER_OR_FOLLOWER'))
  expect(() => broker.partitions.leaderOf(orders, 0)).toThrow(kafkaError('NOT_LEADER_OR_FOLLOWER'))
  broker.apply(newLeader(uuid(1), 0, nodeId))
  const appended = await broker.partitions.leaderOf(orders, 0).append(produced(['b']), all)
  expect(appended.baseOffset).toBe(0)
  expect(partition.leaderEpoch).toBe(2)
})

test('the logs of a removed topic are deleted, those of one that is only gone are not', async () => {
  await using broker = await BrokerParts.open()
  broker.apply(...newTopic('orders', uuid(1), { count: 40 }), ...newTopic('carts', uuid(2)))
  for (let index = 0; index < 40; index += 13) {
    await broker.partitions.leaderOf(orders, index).append(produced(['a']), all)
  }
  await broker.partitions.leaderOf({ name: 'carts' }, 0).append(produced(['a']), all)
  broker.apply(metadataRecord('RemoveTopicRecord', { topicId: uuid(1) }))
  expect(() => broker.partitions.leaderOf(orders, 0)).toThrow(
    kafkaError('UNKNOWN_TOPIC_OR_PARTITION'),
  )
  await until(() => [...broker.dataDirectory.partitions()].length === 1, 'all are deleted')
  expect(existsSync(join(broker.path, 'orders-39'))).toBe(false)
  expect(existsSync(join(broker.path, 'carts-0'))).toBe(true)
  expect(broker.problems).toEqual([])
})

test('a topic that is made again under its name begins with nothing', async () => {
  await using broker = await BrokerParts.open()
  broker.apply(...newTopic('orders', uuid(1), { count: 3 }))
  for (const index of [0, 1, 2]) {
    await broker.partitions.leaderOf(orders, index).append(produced(['a']), all)
  }
  broker.apply(
    metadataRecord('RemoveTopicRecord', { topicId: uuid(1) }),
    ...newTopic('orders', uuid(2), { count: 3 }),
  )
  const appended = await broker.partitions.leaderOf(orders, 2).append(produced(['b']), all)
  expect(appended.baseOffset).toBe(0)
  expect(broker.dataDirectory.strays()).toEqual([])
})

test('what is on the disk is looked after from the start, and goes if its topic went', async () => {
  await using first = await BrokerParts.open()
  first.apply(
    ...newTopic('orders', uuid(1), { count: 2 }),
    ...newTopic('old', uuid(2)),
    ...newTopic('lost', uuid(3)),
  )
  for (const name of ['orders', 'old', 'lost']) {
    await first.partitions.leaderOf({ name }, 0).append(produced(['a', 'b']), all)
  }
  await first.stop()

  await using again = await BrokerParts.open({ path: first.path })
  again.apply(
    ...newTopic('orders', uuid(1), { count: 2 }),
    metadataRecord('RemovedTopicRecord', { topicId: uuid(2), name: 'old', leaderEpoch: 0 }),
  )
  const looked = Array.from(again.partitions.maintained(), (one) => [
    one.partition,
    one.highWatermark(),
    one.lastStableOffset(),
  ])
  expect(looked).toEqual([[{ topic: 'orders', partition: 0 }, 2, 2]])
  await until(() => !existsSync(join(first.path, 'old-0')), 'the removed topic is deleted')
  expect(existsSync(join(first.path, 'lost-0'))).toBe(true)
})

test('settings of a topic reach its logs, whether they are its own or the cluster has them', async () => {
  await using broker = await BrokerParts.open({ config: { 'message.max.bytes': '500' } })
  broker.apply(...newTopic('orders', uuid(1)), ...newTopic('carts', uuid(2)))
  const large = () => produced(['x'.repeat(600)])
  const append = (name: string) => broker.partitions.leaderOf({ name }, 0).append(large(), all)
  await expect(append('orders')).rejects.toThrow(kafkaError('MESSAGE_TOO_LARGE'))
  broker.apply(setting('orders', 'max.message.bytes', '1000'))
  expect((await append('orders')).baseOffset).toBe(0)
  await expect(append('carts')).rejects.toThrow(kafkaError('MESSAGE_TOO_LARGE'))
  const ofAll = { resourceType: 4, resourceName: '', name: 'message.max.bytes', value: '2000' }
  broker.apply(metadataRecord('ConfigRecord', ofAll))
  expect((await append('carts')).baseOffset).toBe(0)
})

test('a broker that stops leads nothing', async () => {
  await using broker = await BrokerParts.open()
  broker.apply(...newTopic('orders', uuid(1)))
  broker.partitions.leaderOf(orders, 0)
  broker.partitions.stop()
  expect(() => broker.partitions.leaderOf(orders, 0)).toThrow(kafkaError('NOT_LEADER_OR_FOLLOWER'))
})
