import { expect, test } from 'vitest'
import { errorCodes } from '../../../broker/protocol/generated/error-codes.ts'
import { uuid } from '../metadata/support.ts'
import { newLeader, newTopic } from '../partition/support.ts'
import { clusterId, TestBroker } from './support.ts'

const asked = { allowAutoTopicCreation: false }

async function withTopics(config?: Record<string, string>): Promise<TestBroker> {
  const broker = await TestBroker.start(config === undefined ? {} : { config })
  broker.parts.apply(
    broker.registration(2, { rack: 'r2' }),
    broker.registration(3, { fenced: true }),
    ...newTopic('orders', uuid(1), { count: 2 }),
    ...newTopic('carts', uuid(2), { leader: 3, leaderEpoch: 4 }),
    ...newTopic('__consumer_offsets', uuid(3)),
  )
  return broker
}

test.each(Array.from({ length: 14 }, (_, index) => index))(
  'Metadata %i tells brokers, leaders and what else its version has',
  async (version) => {
    await using broker = await withTopics()
    const auto = version >= 4 ? asked : {}
    const answer = await broker.ask('Metadata', version, { topics: [{ name: 'orders' }], ...auto })
    expect(answer.brokers.map(({ nodeId, port }) => [nodeId, port])).toEqual([
      [1, broker.port],
      [2, 9_092], // the fenced one is not to be dialled
    ])
    expect(answer.brokers[1]?.rack).toBe(version >= 1 ? 'r2' : null)
    expect(answer.clusterId).toBe(version >= 2 ? clusterId : null)
    expect(answer.controllerId).toBe(version >= 1 ? 1 : -1)
    const [orders] = answer.topics
    expect(orders).toMatchObject({ errorCode: 0, name: 'orders', isInternal: false })
    if (version >= 10) expect(orders?.topicId).toBe(uuid(1))
    expect(orders?.partitions).toHaveLength(2)
    expect(orders?.partitions[1]).toMatchObject({
      errorCode: 0,
      partitionIndex: 1,
      leaderId: 1,
      leaderEpoch: version >= 7 ? 0 : -1,
      replicaNodes: [1],
      isrNodes: [1],
      offlineReplicas: [],
    })
    expect(orders?.topicAuthorizedOperations).toBe(-(2 ** 31))
    expect(answer.clusterAuthorizedOperations).toBe(-(2 ** 31))
  },
)

test.each([
  [0, [], 3],
  [1, [], 0],
  [1, null, 3],
  [12, [], 0],
  [12, null, 3],
] as const)('Metadata %i of the topics %j tells %i of them', async (version, topics, count) => {
  await using broker = await withTopics()
  const answer = await broker.ask('Metadata', version, { topics })
  expect(answer.topics).toHaveLength(count)
  expect(broker.forwarded).toEqual([])
})

test('a partition without a leader that can be dialled says so', async () => {
  await using broker = await withTopics()
  broker.parts.apply(newLeader(uuid(1), 1, -1))
  const topics = [{ name: 'orders' }, { name: 'carts' }]
  const answer = await broker.ask('Metadata', 9, { topics, ...asked })
  const [orders, carts] = answer.topics
  const none = { errorCode: errorCodes.LEADER_NOT_AVAILABLE, leaderId: -1 }
  expect(orders?.partitions).toMatchObject([{ errorCode: 0 }, { ...none, leaderEpoch: 1 }])
  expect(carts?.partitions).toMatchObject([{ ...none, replicaNodes: [3], offlineReplicas: [3] }])
})

test('topics are found by id since version 12, and no id is believed before', async () => {
  await using broker = await withTopics()
  const wanted = [
    { topicId: uuid(2), name: null },
    { topicId: uuid(9), name: null },
  ]
  const { topics } = await broker.ask('Metadata', 12, { topics: wanted, ...asked })
  expect(topics).toMatchObject([
    { errorCode: 0, name: 'carts', topicId: uuid(2) },
    { errorCode: errorCodes.UNKNOWN_TOPIC_ID, name: null, topicId: uuid(9) },
  ])
  const old = await broker.ask('Metadata', 10, { topics: wanted, ...asked })
  expect(old.topics.map(({ errorCode }) => errorCode)).toEqual([
    errorCodes.INVALID_REQUEST,
    errorCodes.INVALID_REQUEST,
  ])
})

test('internal topics are told as such', async () => {
  await using broker = await withTopics()
  const topics = [{ name: '__consumer_offsets' }]
  const answer = await broker.ask('Metadata', 9, { topics, ...asked })
  expect(answer.topics).toMatchObject([{ name: '__consumer_offsets', isInternal: true }])
})

test('who asks what it may do is told all, since nobody is refused anything', async () => {
  await using broker = await withTopics()
  const include = { includeTopicAuthorizedOperations: true }
  const both = { ...include, includeClusterAuthorizedOperations: true }
  const topics = [{ name: 'orders' }]
  const answer = await broker.ask('Metadata', 9, { topics, ...asked, ...both })
  // What a Kafka 4.3.1 answers without an authorizer.
  expect(answer.topics[0]?.topicAuthorizedOperations).toBe(3_576)
  expect(answer.clusterAuthorizedOperations).toBe(8_096)
})

test('a topic that is not there is made, and told at once', async () => {
  await using broker = await withTopics()
  const answers = await Promise.all(
    [9, 3, 9].map((version) => broker.ask('Metadata', version, { topics: [{ name: 'new' }] })),
  )
  for (const { topics } of answers) {
    expect(topics).toMatchObject([{ errorCode: 0, name: 'new', partitions: [{ leaderId: 1 }] }])
  }
})

test.each([
  ['the client does not want it', {}, asked],
  ['the cluster does not allow it', { 'auto.create.topics.enable': 'false' }, {}],
])('a topic that is not there stays so where %s', async (_, config, more) => {
  await using broker = await withTopics(config)
  const answer = await broker.ask('Metadata', 9, { topics: [{ name: 'new' }], ...more })
  expect(answer.topics).toMatchObject([
    { errorCode: errorCodes.UNKNOWN_TOPIC_OR_PARTITION, name: 'new', partitions: [] },
  ])
  expect(broker.forwarded).toEqual([])
})

test.each(['', '.', '..', 'with space', 'x'.repeat(250), 'sl/ash'])(
  'the name "%s" is none of a topic, and is not made',
  async (name) => {
    await using broker = await withTopics()
    const { topics } = await broker.ask('Metadata', 9, { topics: [{ name }] })
    expect(topics).toMatchObject([{ errorCode: errorCodes.INVALID_TOPIC_EXCEPTION, name }])
    expect(broker.forwarded).toEqual([])
  },
)

test('without a controller a topic that is not there is unknown, and others are told', async () => {
  await using broker = await withTopics()
  broker.hasController = false
  const topics = [{ name: 'new' }, { name: 'orders' }]
  const answer = await broker.ask('Metadata', 9, { topics })
  expect(answer.topics.map(({ errorCode }) => errorCode)).toEqual([
    errorCodes.UNKNOWN_TOPIC_OR_PARTITION,
    0,
  ])
})
