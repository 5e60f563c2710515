import { expect, test } from 'vitest'
import type { RequestInputOf } from '../../../broker/protocol/apis.ts'
import { errorCodes } from '../../../broker/protocol/generated/error-codes.ts'
import { uuid } from '../metadata/support.ts'
import { produced, topicOn } from '../partition/support.ts'
import { startBroker } from './support.ts'

/** What a broker without a Kafka beside it can show of the answers that test/differential compares. */

test('a partition whose offset is asked for twice is answered once, with INVALID_REQUEST', async () => {
  const broker = await startBroker()
  broker.tell(...topicOn('orders', uuid(1), { count: 2 }))
  const client = await broker.client()
  const partitions = [0, 1, 0].map((partitionIndex) => ({ partitionIndex, timestamp: -1 }))
  const topics = [{ name: 'orders', partitions }]
  const answer = await client.request('ListOffsets', 7, { replicaId: -1, topics })
  expect(answer.topics[0]?.partitions).toMatchObject([
    { partitionIndex: 0, errorCode: errorCodes.INVALID_REQUEST, offset: -1 },
    { partitionIndex: 1, errorCode: errorCodes.NONE, offset: 0 },
  ])
})

test('the next record of a log without any is of the epoch of its leader', async () => {
  const broker = await startBroker()
  broker.tell(...topicOn('orders', uuid(1)))
  const client = await broker.client()
  const partitions = [{ partitionIndex: 0, timestamp: -2 }]
  const topics = [{ name: 'orders', partitions }]
  const answer = await client.request('ListOffsets', 7, { replicaId: -1, topics })
  expect(answer.topics[0]?.partitions).toMatchObject([{ offset: 0, leaderEpoch: 5 }])
})

test('a topic that is asked for by name and by id is told of once', async () => {
  const broker = await startBroker()
  broker.tell(...topicOn('orders', uuid(1)))
  const client = await broker.client()
  const byId = { name: null, topicId: uuid(1) }
  const topics = [{ name: 'orders' }, byId, { name: 'nobody' }, { name: 'nobody' }]
  const answer = await client.request('Metadata', 12, { topics, allowAutoTopicCreation: false })
  expect(answer.topics.map(({ name }) => name)).toEqual(['orders', 'nobody'])
})

test('half of a producer id is INVALID_REQUEST', async () => {
  const client = await (await startBroker()).client()
  const request = { transactionalId: null, transactionTimeoutMs: 1_000 }
  for (const half of [{ producerId: 5 }, { producerEpoch: 5 }]) {
    const { errorCode } = await client.request('InitProducerId', 4, { ...request, ...half })
    expect(errorCode).toBe(errorCodes.INVALID_REQUEST)
  }
})

test('who has read of an epoch that never was is out of range', async () => {
  const broker = await startBroker()
  broker.tell(...topicOn('orders', uuid(1)))
  const client = await broker.client()
  await client.request('Produce', 9, produceOf('orders', produced('a')))
  const answers = [4, 5, 6].map(async (lastFetchedEpoch) => {
    const wanted = { partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000, lastFetchedEpoch }
    const topics = [{ topic: 'orders', partitions: [wanted] }]
    const answer = await client.request('Fetch', 12, {
      maxWaitMs: 0,
      minBytes: 0,
      topics,
      forgottenTopicsData: [],
    })
    return answer.responses[0]?.partitions[0]
  })
  const [before, same, later] = await Promise.all(answers)
  // Nothing was appended in epoch 4: it ends where 5 begins.
  expect(before).toMatchObject({ errorCode: 0, divergingEpoch: { epoch: -1 } })
  expect(same).toMatchObject({ errorCode: 0, highWatermark: 1 })
  expect(later).toMatchObject({ errorCode: errorCodes.OFFSET_OUT_OF_RANGE })
})

test('a record without a key names itself in the answer of a compacted topic', async () => {
  const broker = await startBroker(new Map([['log.cleanup.policy', 'compact']]))
  broker.tell(...topicOn('orders', uuid(1)))
  const client = await broker.client()
  const answer = await client.request('Produce', 9, produceOf('orders', produced('a', 'b')))
  expect(answer.responses[0]?.partitionResponses).toMatchObject([
    {
      errorCode: errorCodes.INVALID_RECORD,
      logStartOffset: 0,
      recordErrors: [{ batchIndex: 0 }, { batchIndex: 1 }],
    },
  ])
})

test('no client writes to the topics of the brokers', async () => {
  const broker = await startBroker()
  broker.tell(...topicOn('__consumer_offsets', uuid(1)))
  const client = await broker.client()
  const answer = await client.request('Produce', 9, produceOf('__consumer_offsets', produced('a')))
  expect(answer.responses[0]?.partitionResponses).toMatchObject([
    { errorCode: errorCodes.INVALID_TOPIC_EXCEPTION },
  ])
})

function produceOf(name: string, records: Uint8Array): RequestInputOf<'Produce'> {
  const topicData = [{ name, partitionData: [{ index: 0, records }] }]
  return { acks: -1, timeoutMs: 1_000, topicData }
}
