import { expect, test } from 'vitest'
import type { RequestInputOf } from '../../../broker/protocol/apis.ts'
import { errorCodes } from '../../../broker/protocol/generated/error-codes.ts'
import { uuid } from '../metadata/support.ts'
import { topicOn } from '../partition/support.ts'
import { startBroker } from './support.ts'

type Cursor = RequestInputOf<'DescribeTopicPartitions'>['cursor']

/** @returns What asks it for topics, and how each answer reads: `orders 0 1 2`. */
async function startWithTopics(entries = new Map<string, string>()) {
  const broker = await startBroker(entries)
  broker.tell(
    ...topicOn('orders', uuid(1), { count: 3 }),
    ...topicOn('carts', uuid(2), { count: 2 }),
  )
  const client = await broker.client()
  return async (names: string[], limit = 2_000, cursor: Cursor = null) => {
    const topics = names.map((name) => ({ name }))
    const request = { topics, responsePartitionLimit: limit, cursor }
    const answer = await client.request('DescribeTopicPartitions', 0, request)
    const read = answer.topics.map(({ name, errorCode, partitions }) => {
      const indexes = partitions.map(({ partitionIndex }) => partitionIndex)
      return [name, ...(errorCode === 0 ? indexes : [`error ${errorCode}`])].join(' ')
    })
    return { read, next: answer.nextCursor, topics: answer.topics }
  }
}

test('a topic is described with its partitions, and what may be done with it', async () => {
  const ask = await startWithTopics()
  const { topics } = await ask(['orders'])
  expect(topics[0]).toMatchObject({
    errorCode: 0,
    topicId: uuid(1),
    isInternal: false,
    topicAuthorizedOperations: 0b1101_1111_1000,
  })
  expect(topics[0]?.partitions[1]).toEqual({
    errorCode: 0,
    partitionIndex: 1,
    leaderId: 3,
    leaderEpoch: 5,
    replicaNodes: [3],
    isrNodes: [3],
    eligibleLeaderReplicas: [],
    lastKnownElr: [],
    offlineReplicas: [],
  })
})

test('topics come by name and once, unknown ones with their error', async () => {
  const ask = await startWithTopics()
  const { read, next } = await ask(['orders', 'nowhere', 'orders', 'a/b', 'carts'])
  expect(read).toEqual(['a/b error 17', 'carts 0 1', 'nowhere error 3', 'orders 0 1 2'])
  expect(next).toBeNull()
})

test('all topics are gone through with the cursor, so many partitions at a time', async () => {
  const ask = await startWithTopics()
  const first = await ask([], 2)
  expect(first).toMatchObject({ read: ['carts 0 1'] })
  expect(first.next).toEqual({ topicName: 'orders', partitionIndex: 0 })
  const second = await ask([], 2, first.next)
  expect(second).toMatchObject({ read: ['orders 0 1'] })
  expect(second.next).toEqual({ topicName: 'orders', partitionIndex: 2 })
  const third = await ask([], 2, second.next)
  expect(third).toMatchObject({ read: ['orders 2'], next: null })
})

test('no answer has more partitions than the broker allows', async () => {
  const ask = await startWithTopics(new Map([['max.request.partition.size.limit', '4']]))
  const { read, next } = await ask([], 2_000)
  expect(read).toEqual(['carts 0 1', 'orders 0 1'])
  expect(next).toEqual({ topicName: 'orders', partitionIndex: 2 })
})

test('a cursor at a topic that is gone goes on with the next', async () => {
  const ask = await startWithTopics()
  expect(await ask([], 10, { topicName: 'deleted', partitionIndex: 4 })).toMatchObject({
    read: ['orders 0 1 2'],
  })
})

test.each<[string, Cursor]>([
  ['below the first partition', { topicName: 'orders', partitionIndex: -1 }],
  ['at a topic that was not asked for', { topicName: 'carts', partitionIndex: 0 }],
])('a cursor %s is refused', async (_, cursor) => {
  const ask = await startWithTopics()
  const { read } = await ask(['orders'], 10, cursor)
  expect(read).toEqual([`orders error ${errorCodes.INVALID_REQUEST}`])
})
