import { Consumer, Producer, stringDeserializers, stringSerializers } from '@platformatic/kafka'
import { ConfigResourceTypes, Kafka, logLevel } from 'kafkajs'
import { expect, test } from 'vitest'
import { readRecords } from '../../../broker/protocol/records/read.ts'
import { batchStarts } from '../../../broker/protocol/records/walk.ts'
import { kcat as kcatConsumer } from '../../clients/consumers/kcat.ts'
import { whyNoKcat } from '../../clients/tools.ts'
import { fetchOf, onlyPartition, TestBroker } from './support.ts'

/** The values of partition 0, as a consumer without a group gets them. */
async function valuesOf(broker: TestBroker, name: string): Promise<string[]> {
  const { responses } = await broker.ask('Fetch', 12, fetchOf([{ name }]))
  const bytes = onlyPartition(responses).records ?? new Uint8Array(0)
  return [...batchStarts(bytes)].flatMap((start) =>
    readRecords(bytes, { start, budget: { remainingBytes: 1_000_000 } }).map(({ value }) =>
      Buffer.from(value ?? []).toString(),
    ),
  )
}

test('kafkajs makes topics, produces to them, and asks about them', async () => {
  await using broker = await TestBroker.start()
  const kafka = new Kafka({ brokers: [broker.bootstrapServers], logLevel: logLevel.NOTHING })
  const admin = kafka.admin()
  await admin.connect()
  try {
    await admin.createTopics({ topics: [{ topic: 'orders', numPartitions: 2 }] })
    expect(await admin.listTopics()).toEqual(['orders'])
    for (const idempotent of [false, true]) {
      const producer = kafka.producer({ idempotent })
      await producer.connect()
      const messages = [`${idempotent}-1`, `${idempotent}-2`].map((value) => ({
        value,
        partition: 0,
      }))
      await producer.send({ topic: 'orders', messages })
      await producer.send({ topic: 'made-by-the-way', messages: [{ value: 'a' }] })
      await producer.disconnect()
    }
    expect(await admin.fetchTopicOffsets('orders')).toEqual([
      { partition: 0, offset: '4', high: '4', low: '0' },
      { partition: 1, offset: '0', high: '0', low: '0' },
    ])
    expect((await admin.describeCluster()).brokers).toMatchObject([{ port: broker.port }])
    const resources = [{ type: ConfigResourceTypes.TOPIC, name: 'orders' }]
    const described = await admin.describeConfigs({ resources, includeSynonyms: true })
    expect(described.resources[0]?.configEntries.length).toBeGreaterThan(20)
    await admin.deleteTopics({ topics: ['orders'] })
    expect(await admin.listTopics()).toEqual(['made-by-the-way'])
  } finally {
    await admin.disconnect()
  }
})

test('what kafkajs produced is there in its order', async () => {
  await using broker = await TestBroker.start()
  const kafka = new Kafka({ brokers: [broker.bootstrapServers], logLevel: logLevel.NOTHING })
  const producer = kafka.producer()
  await producer.connect()
  const values = Array.from({ length: 100 }, (_, index) => `value ${index}`)
  for (const value of values) {
    await producer.send({ topic: 'orders', messages: [{ key: 'k', value }] })
  }
  await producer.disconnect()
  expect(await valuesOf(broker, 'orders')).toEqual(values)
})

test('@platformatic/kafka produces, and reads without a group', async () => {
  await using broker = await TestBroker.start()
  const client = { clientId: 'test', bootstrapBrokers: [broker.bootstrapServers] }
  const producer = new Producer({
    ...client,
    serializers: stringSerializers,
    idempotent: true,
    autocreateTopics: true,
  })
  const consumer = new Consumer({ ...client, groupId: 'none', deserializers: stringDeserializers })
  try {
    const values = Array.from({ length: 20 }, (_, index) => `value ${index}`)
    const messages = values.map((value) => ({ topic: 'orders', key: 'k', value, partition: 0 }))
    await producer.send({ messages, acks: -1 })
    const offsets = await consumer.listOffsets({ topics: ['orders'], partitions: { orders: [0] } })
    expect(offsets.get('orders')).toEqual([20n])
    expect(await valuesOf(broker, 'orders')).toEqual(values)

    const metadata = await consumer.metadata({ topics: ['orders'] })
    const topicId = metadata.topics.get('orders')?.id as string
    const partition = { partition: 0, currentLeaderEpoch: 0, fetchOffset: 0n, lastFetchedEpoch: -1 }
    const fetched = await consumer.fetch({
      node: 1,
      topics: [{ topicId, partitions: [{ ...partition, partitionMaxBytes: 1_000_000 }] }],
    })
    const count = fetched.responses
      .flatMap(({ partitions }) => partitions)
      .flatMap(({ records }) => records ?? [])
      .reduce((sum, batch) => sum + batch.records.length, 0)
    expect(count).toBe(20)
  } finally {
    await producer.close()
    await consumer.close()
  }
})

const noKcat = whyNoKcat()

test(noKcat ?? 'kcat reads what kafkajs produced', { skip: noKcat !== undefined }, async () => {
  await using broker = await TestBroker.start()
  const { bootstrapServers } = broker
  const kafka = new Kafka({ brokers: [bootstrapServers], logLevel: logLevel.NOTHING })
  const producer = kafka.producer()
  await producer.connect()
  const messages = ['a', 'b', 'c'].map((value) => ({ value }))
  await producer.send({ topic: 'orders', messages })
  await producer.disconnect()
  const read = await kcatConsumer.consume({ bootstrapServers, topic: 'orders', count: 3 })
  expect(read.map(({ value }) => Buffer.from(value ?? '', 'base64').toString())).toEqual([
    'a',
    'b',
    'c',
  ])
})
