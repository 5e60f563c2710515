import { Kafka, logLevel } from 'kafkajs'
import { expect, onTestFinished, test, vi } from 'vitest'
import { metadataRecord } from '../../../broker/metadata/records.ts'
import type { ClientConnection } from '../../../broker/net/client-connection.ts'
import { zeroUuid } from '../../../broker/protocol/codec/uuid.ts'
import { errorCodes } from '../../../broker/protocol/generated/error-codes.ts'
import { readRecords } from '../../../broker/protocol/records/read.ts'
import { uuid } from '../metadata/support.ts'
import { Client, until } from '../net/support.ts'
import { nodeId, produced, topicOn } from '../partition/support.ts'
import { startBroker } from './support.ts'

type Fetching = { version?: number; offset?: number; maxWaitMs?: number; minBytes?: number }

async function produce(client: ClientConnection, batch: Uint8Array, version = 9, acks = -1) {
  const partitionData = [{ index: 0, records: batch }]
  const topicData = [{ name: 'orders', topicId: uuid(1), partitionData }]
  const answer = await client.request('Produce', version, { acks, timeoutMs: 1_000, topicData })
  return answer.responses[0]?.partitionResponses[0]
}

async function fetch(client: ClientConnection, options: Fetching = {}) {
  const { version = 11, offset = 0, maxWaitMs = 0, minBytes = 1 } = options
  const partitions = [{ partition: 0, fetchOffset: offset, partitionMaxBytes: 1_000_000 }]
  const answer = await client.request('Fetch', version, {
    maxWaitMs,
    minBytes,
    topics: [{ topic: 'orders', topicId: uuid(1), partitions }],
    forgottenTopicsData: [],
  })
  return answer.responses[0]?.partitions[0]
}

function valuesOf(bytes: Uint8Array | null | undefined): string[] {
  if (bytes === null || bytes === undefined || bytes.byteLength === 0) return []
  const budget = { remainingBytes: 1_000_000 }
  return [...readRecords(bytes, { start: 0, budget })].map(({ value }) =>
    Buffer.from(value ?? []).toString(),
  )
}

test('all that is served is advertised, and nothing else', async () => {
  const client = await (await startBroker()).client()
  const { apiKeys } = await client.request('ApiVersions', 4, {
    clientSoftwareName: 'test',
    clientSoftwareVersion: '1.0',
  })
  const ranges = apiKeys.map(({ apiKey, minVersion, maxVersion }) => [
    apiKey,
    minVersion,
    maxVersion,
  ])
  expect(ranges).toContainEqual([0, 0, 13])
  expect(ranges).toContainEqual([1, 4, 17])
  expect(ranges.map(([key]) => key)).not.toContain(62)
})

test('ApiVersions of an unknown version is answered in version 0 with the range', async () => {
  const { port } = await startBroker()
  const client = new Client(port)
  client.send(Buffer.from('001200630000000700017a0000', 'hex'))
  const answer = await client.frame()
  expect([...(answer ?? [])]).toEqual([0, 0, 0, 7, 0, 35, 0, 0, 0, 1, 0, 18, 0, 0, 0, 4])
  client.socket.destroy()
})

test('names that are no text in answers close the connection, and nothing else', async () => {
  const broker = await startBroker()
  const client = new Client(broker.port)
  const name = Buffer.alloc(20_000, 0xff)
  const request = Buffer.from('0003000100000007ffff00000001' + '4e20', 'hex') // Metadata 1
  client.send(Buffer.concat([request, name]))
  expect(await client.frame()).toBeUndefined()
  expect(broker.fatal).toEqual([])
  client.socket.destroy()
})

test('a software name that is none is refused with INVALID_REQUEST', async () => {
  const client = await (await startBroker()).client()
  const names = { clientSoftwareName: '', clientSoftwareVersion: '1' }
  const { errorCode } = await client.request('ApiVersions', 3, names)
  expect(errorCode).toBe(errorCodes.INVALID_REQUEST)
})

test.each([3, 7, 9, 12, 13])(
  'what Produce %i appends is fetched in every version',
  async (version) => {
    const broker = await startBroker()
    broker.tell(...topicOn('orders', uuid(1)))
    const client = await broker.client()
    expect(await produce(client, produced('a', 'b'), version)).toMatchObject({
      errorCode: 0,
      baseOffset: 0,
    })
    for (const version of [4, 7, 11, 12, 13, 17]) {
      const answer = await fetch(client, { version })
      expect(answer).toMatchObject({ errorCode: 0, highWatermark: 2 })
      expect(valuesOf(answer?.records)).toEqual(['a', 'b'])
    }
    expect(broker.fatal).toEqual([])
  },
)

test('a fetch at the end is answered as soon as something is produced', async () => {
  const broker = await startBroker()
  broker.tell(...topicOn('orders', uuid(1)))
  const [reader, writer] = await Promise.all([broker.client(), broker.client()])
  const begunMs = performance.now()
  const fetched = fetch(reader, { maxWaitMs: 20_000 })
  await produce(writer, produced('a'))
  expect(valuesOf((await fetched)?.records)).toEqual(['a'])
  expect(performance.now() - begunMs).toBeLessThan(10_000)
})

test('a fetch that waits reads again only what has changed, until it has enough', async () => {
  const broker = await startBroker()
  broker.tell(...topicOn('orders', uuid(1), { count: 3 }))
  const [reader, writer] = await Promise.all([broker.client(), broker.client()])
  const reads = [0, 1, 2].map((index) => {
    const partition = broker.partitions.leaderOf({ topicId: uuid(1), name: 'orders' }, index)
    return vi.spyOn(partition, 'read')
  })
  const calls = () => reads.map(({ mock }) => mock.calls.length)
  const batch = produced('a')
  const fetched = reader.request('Fetch', 11, {
    maxWaitMs: 20_000,
    minBytes: batch.byteLength * 2,
    topics: [
      {
        topic: 'orders',
        partitions: [0, 1, 2].map((partition) => {
          return { partition, fetchOffset: 0, partitionMaxBytes: 1_000_000 }
        }),
      },
    ],
    forgottenTopicsData: [],
  })
  await until(() => `${calls()}` === '1,1,1', 'the first read')
  await produce(writer, batch)
  await until(() => `${calls()}` === '2,1,1', 'what has changed')
  await produce(writer, batch)
  const { responses } = await fetched
  const sizes = responses[0]?.partitions.map(({ records }) => records?.byteLength)
  expect(sizes).toEqual([batch.byteLength * 2, 0, 0])
  expect(calls()).toEqual([3, 1, 1])
})

test('a fetch with nothing to read is answered after the time it gave', async () => {
  const broker = await startBroker()
  broker.tell(...topicOn('orders', uuid(1)))
  const answer = await fetch(await broker.client(), { maxWaitMs: 30 })
  expect(answer).toMatchObject({ errorCode: 0, highWatermark: 0 })
})

test('offsets that are not there, unknown topics and unknown ids have their errors', async () => {
  const broker = await startBroker()
  const client = await broker.client()
  const { UNKNOWN_TOPIC_OR_PARTITION, UNKNOWN_TOPIC_ID, OFFSET_OUT_OF_RANGE } = errorCodes
  expect((await fetch(client))?.errorCode).toBe(UNKNOWN_TOPIC_OR_PARTITION)
  expect((await fetch(client, { version: 13 }))?.errorCode).toBe(UNKNOWN_TOPIC_ID)
  expect((await produce(client, produced('a')))?.errorCode).toBe(UNKNOWN_TOPIC_OR_PARTITION)
  expect((await produce(client, produced('a'), 13))?.errorCode).toBe(UNKNOWN_TOPIC_ID)
  broker.tell(...topicOn('orders', uuid(1)))
  expect((await fetch(client, { offset: 7 }))?.errorCode).toBe(OFFSET_OUT_OF_RANGE)
})

test('who is led elsewhere is told by whom', async () => {
  const broker = await startBroker()
  broker.tell(...topicOn('orders', uuid(1), { leader: 7 }))
  const client = await broker.client()
  const currentLeader = { leaderId: 7, leaderEpoch: 5 }
  const errorCode = errorCodes.NOT_LEADER_OR_FOLLOWER
  expect(await produce(client, produced('a'), 10)).toMatchObject({ errorCode, currentLeader })
  expect(await fetch(client, { version: 12 })).toMatchObject({ errorCode, currentLeader })
  expect(await produce(client, produced('a'), 9)).toMatchObject({ errorCode })
})

test('damaged batches and unknown acks are refused, and nothing is appended', async () => {
  const broker = await startBroker()
  broker.tell(...topicOn('orders', uuid(1)))
  const client = await broker.client()
  const damaged = produced('a')
  damaged[damaged.length - 2] = 0xff
  expect((await produce(client, damaged))?.errorCode).toBe(errorCodes.CORRUPT_MESSAGE)
  const answer = await produce(client, produced('a'), 9, 2)
  expect(answer?.errorCode).toBe(errorCodes.INVALID_REQUIRED_ACKS)
  expect(await fetch(client)).toMatchObject({ highWatermark: 0 })
})

test('offsets are found by time and at both ends', async () => {
  const broker = await startBroker()
  broker.tell(...topicOn('orders', uuid(1)))
  const client = await broker.client()
  await produce(client, produced('a', 'b', 'c'))
  const ask = async (version: number, timestamp: number) => {
    const partitions = [{ partitionIndex: 0, timestamp }]
    const topics = [{ name: 'orders', partitions }]
    const answer = await client.request('ListOffsets', version, {
      replicaId: -1,
      isolationLevel: 0,
      topics,
    })
    return answer.topics[0]?.partitions[0]
  }
  expect(await ask(5, -1)).toMatchObject({ errorCode: 0, offset: 3, leaderEpoch: 5 })
  expect(await ask(5, -2)).toMatchObject({ errorCode: 0, offset: 0 })
  expect(await ask(11, 1_000)).toMatchObject({ errorCode: 0, offset: 0, timestamp: 1_000 })
  expect(await ask(7, -3)).toMatchObject({ errorCode: 0, offset: 0, timestamp: 1_000 })
  expect(await ask(7, 5_000)).toMatchObject({ errorCode: 0, offset: -1 })
  expect(await ask(3, -3)).toMatchObject({ errorCode: errorCodes.UNSUPPORTED_VERSION })
})

test.each([0, 1, 4, 7, 9, 10, 12, 13])(
  'Metadata %i tells brokers, topics and leaders',
  async (version) => {
    const broker = await startBroker()
    broker.tell(...topicOn('orders', uuid(1)))
    const client = await broker.client()
    const topics = [{ name: 'orders' }, { name: 'nobody' }]
    const answer = await client.request('Metadata', version, { topics })
    expect(answer.brokers).toMatchObject([{ nodeId: 3, host: '127.0.0.1', port: broker.port }])
    expect(answer.topics).toMatchObject([
      { errorCode: 0, name: 'orders', partitions: [{ leaderId: 3, replicaNodes: [3] }] },
      { errorCode: errorCodes.UNKNOWN_TOPIC_OR_PARTITION, name: 'nobody' },
    ])
    if (version < 10) return
    const byId = [{ topicId: uuid(1), name: version < 12 ? '' : null }]
    const { topics: found } = await client.request('Metadata', version, { topics: byId })
    expect(found[0]).toMatchObject({ name: 'orders', topicId: uuid(1) })
  },
)

test('where all brokers are fenced clients hear of them still, and of no leader that is there', async () => {
  const broker = await startBroker()
  const fenced = { brokerId: nodeId, brokerEpoch: 1, fenced: 1 }
  broker.tell(
    ...topicOn('orders', uuid(1)),
    metadataRecord('PartitionChangeRecord', { topicId: uuid(1), partitionId: 0, leader: -1 }),
    metadataRecord('BrokerRegistrationChangeRecord', fenced),
  )
  const client = await broker.client()
  const answer = await client.request('Metadata', 12, { topics: [{ name: 'orders' }] })
  expect(answer.brokers).toMatchObject([{ nodeId, port: broker.port }])
  expect(answer.topics[0]?.partitions).toMatchObject([{ leaderId: -1, offlineReplicas: [nodeId] }])
})

test('a topic that a client asks for is made, if both want that and its name is one', async () => {
  const broker = await startBroker(new Map(), { autoCreateTopics: true })
  const client = await broker.client()
  const ask = async (names: string[], allowAutoTopicCreation: boolean) => {
    const topics = names.map((name) => ({ name }))
    const answer = await client.request('Metadata', 12, { topics, allowAutoTopicCreation })
    return answer.topics.map(({ errorCode, partitions }) => [errorCode, partitions.length])
  }
  const { UNKNOWN_TOPIC_OR_PARTITION, INVALID_TOPIC_EXCEPTION } = errorCodes
  expect(await ask(['new'], false)).toEqual([[UNKNOWN_TOPIC_OR_PARTITION, 0]])
  expect(await ask(['new', 'no name', '__consumer_offsets'], true)).toEqual([
    [0, 1],
    [INVALID_TOPIC_EXCEPTION, 0],
    [0, 50],
  ])
  expect(await ask(['__transaction_state'], true)).toEqual([[UNKNOWN_TOPIC_OR_PARTITION, 0]])
  expect(await ask(['new'], false)).toEqual([[0, 1]])
})

test('what only brokers may ask closes the connection of a client', async () => {
  const broker = await startBroker()
  const asked = (await broker.client()).request('AllocateProducerIds', 0, {
    brokerId: 3,
    brokerEpoch: 1,
  })
  await expect(asked).rejects.toThrow(/closed the connection/)
  const client = await broker.client()
  const topics = [{ topic: 'orders', topicId: zeroUuid, partitions: [] }]
  const request = { replicaId: 4, maxWaitMs: 0, minBytes: 0, topics, forgottenTopicsData: [] }
  const { errorCode } = await client.request('Fetch', 12, request)
  expect(errorCode).toBe(errorCodes.CLUSTER_AUTHORIZATION_FAILED)
})

test('Produce 2 is advertised for old clients, and refused', async () => {
  const client = new Client((await startBroker()).port)
  client.send(Buffer.from('000000020000000700017a000100000000', 'hex'))
  expect(await client.frame()).toBeUndefined()
  client.socket.destroy()
})

test('kafkajs makes a topic, produces to it, with and without idempotence, and deletes it', async () => {
  const broker = await startBroker()
  const kafka = new Kafka({
    clientId: 'test',
    brokers: [`127.0.0.1:${broker.port}`],
    logLevel: logLevel.NOTHING,
  })
  const admin = kafka.admin()
  await admin.connect()
  onTestFinished(() => admin.disconnect())
  await admin.createTopics({
    topics: [{ topic: 'events', numPartitions: 2 }],
    waitForLeaders: true,
  })
  expect(await admin.listTopics()).toEqual(['events'])
  for (const [index, idempotent] of [false, true].entries()) {
    const producer = kafka.producer({ idempotent, allowAutoTopicCreation: false })
    await producer.connect()
    for (const acks of idempotent ? [-1] : [-1, 1]) {
      const messages = [{ partition: index, key: 'a', value: 'b' }]
      const [sent] = await producer.send({ topic: 'events', acks, messages })
      expect(sent).toMatchObject({ errorCode: 0, partition: index })
    }
    if (!idempotent) {
      await producer.send({ topic: 'events', acks: 0, messages: [{ partition: 0, value: 'c' }] })
    }
    await producer.disconnect()
  }
  const offsets = await admin.fetchTopicOffsets('events')
  offsets.sort((a, b) => a.partition - b.partition)
  expect(offsets.map(({ partition, high }) => [partition, high])).toEqual([
    [0, '3'],
    [1, '1'],
  ])
  await admin.deleteTopics({ topics: ['events'] })
  expect(await admin.listTopics()).toEqual([])
  expect(broker.fatal).toEqual([])
})

test('clients find out about the cluster and epochs', async () => {
  const broker = await startBroker()
  broker.tell(...topicOn('orders', uuid(1)))
  const client = await broker.client()
  await produce(client, produced('a', 'b'))
  const cluster = await client.request('DescribeCluster', 2, {
    includeClusterAuthorizedOperations: true,
    includeFencedBrokers: false,
  })
  expect(cluster).toMatchObject({ clusterId: 'the-cluster', controllerId: 3 })
  expect(cluster.brokers).toMatchObject([{ brokerId: 3, port: broker.port, isFenced: false }])
  const partitions = [{ partition: 0, currentLeaderEpoch: 5, leaderEpoch: 5 }]
  for (const version of [2, 3, 4]) {
    const topics = [{ topic: 'orders', partitions }]
    const epochs = await client.request('OffsetForLeaderEpoch', version, { topics })
    expect(epochs.topics[0]?.partitions).toMatchObject([{ leaderEpoch: 5, endOffset: 2 }])
  }
  expect(broker.fatal).toEqual([])
})

test('a consumer gets no more at once than fetch.max.bytes, and one batch in any case', async () => {
  const batch = produced('a'.repeat(900))
  const batchesOf = async (maxBytes: string) => {
    const broker = await startBroker(new Map([['fetch.max.bytes', maxBytes]]))
    broker.tell(...topicOn('orders', uuid(1)))
    const client = await broker.client()
    for (let count = 0; count < 3; count++) await produce(client, batch)
    const { records } = (await fetch(client)) ?? {}
    return (records?.byteLength ?? 0) / batch.byteLength
  }
  expect(await batchesOf('10000')).toBe(3)
  expect(await batchesOf('2500')).toBe(2)
  expect(await batchesOf('1024')).toBe(1)
})

test('in a fetch session only what changes is asked and answered', async () => {
  const broker = await startBroker()
  broker.tell(...topicOn('orders', uuid(1), { count: 2 }))
  const client = await broker.client()
  const ask = (session: { sessionId: number; sessionEpoch: number }, offset?: number) => {
    const partitions = [0, 1].map((partition) => {
      return { partition, fetchOffset: offset ?? 0, partitionMaxBytes: 1_000 }
    })
    const topics = offset === undefined ? [] : [{ topic: 'orders', partitions }]
    const own = { maxWaitMs: 0, minBytes: 1, topics, forgottenTopicsData: [] }
    return client.request('Fetch', 11, { ...own, ...session })
  }
  const first = await ask({ sessionId: 0, sessionEpoch: 0 }, 0)
  const { sessionId } = first
  expect(sessionId).toBeGreaterThan(0)
  expect(first.responses[0]?.partitions).toHaveLength(2)
  expect((await ask({ sessionId, sessionEpoch: 1 })).responses).toEqual([])
  await produce(client, produced('a'))
  const third = await ask({ sessionId, sessionEpoch: 2 })
  expect(third.responses[0]?.partitions).toMatchObject([{ partitionIndex: 0, highWatermark: 1 }])
  const wrong = await ask({ sessionId, sessionEpoch: 2 })
  expect(wrong.errorCode).toBe(errorCodes.INVALID_FETCH_SESSION_EPOCH)
  const closing = await ask({ sessionId, sessionEpoch: -1 }, 0)
  expect(closing).toMatchObject({ errorCode: 0, sessionId: 0 })
  const gone = await ask({ sessionId, sessionEpoch: 3 })
  expect(gone.errorCode).toBe(errorCodes.FETCH_SESSION_ID_NOT_FOUND)
  expect(broker.fatal).toEqual([])
})

test('settings are described with where they come from', async () => {
  const broker = await startBroker(new Map([['log.segment.bytes', '2000000']]))
  const own = { resourceType: 2, resourceName: 'orders', name: 'retention.ms', value: '5' }
  broker.tell(...topicOn('orders', uuid(1)), metadataRecord('ConfigRecord', own))
  const client = await broker.client()
  const ask = async (version: number, resourceType: number, resourceName: string) => {
    const resources = [{ resourceType, resourceName, configurationKeys: null }]
    const request = { resources, includeSynonyms: true }
    const [result] = (await client.request('DescribeConfigs', version, request)).results
    return result
  }
  for (const version of [1, 2, 3, 4]) {
    const topic = await ask(version, 2, 'orders')
    expect(topic?.configs).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ name: 'retention.ms', value: '5', configSource: 1 }),
        expect.objectContaining({ name: 'segment.bytes', value: '2000000', configSource: 4 }),
        expect.objectContaining({ name: 'cleanup.policy', value: 'delete', configSource: 5 }),
      ]),
    )
  }
  const segmentBytes = { name: 'log.segment.bytes', value: '2000000', configSource: 4 }
  expect((await ask(4, 4, '3'))?.configs).toContainEqual(expect.objectContaining(segmentBytes))
  expect(await ask(4, 2, 'nobody')).toMatchObject({
    errorCode: errorCodes.UNKNOWN_TOPIC_OR_PARTITION,
    configs: [],
  })
  expect((await ask(4, 4, '9'))?.errorCode).toBe(errorCodes.INVALID_REQUEST)
})

test('all topics are told, however many there are, and others have their turns meanwhile', async () => {
  const broker = await startBroker()
  const count = 1_100
  const records = Array.from({ length: count }, (_, index) => {
    return topicOn(`topic-${index}`, uuid(1_000 + index))
  })
  broker.tell(...records.flat())
  const [client, other] = [await broker.client(), await broker.client()]
  const order: string[] = []
  const [{ topics }] = await Promise.all([
    client.request('Metadata', 12, { topics: null }).finally(() => order.push('all')),
    other.request('ApiVersions', 4, {}).finally(() => order.push('another')),
  ])
  expect(new Set(topics.map(({ name }) => name)).size).toBe(count)
  expect(order).toEqual(['another', 'all'])
})

test.each([
  [1, 'NONE'],
  [2, 'MISMATCHED_ENDPOINT_TYPE'],
  [3, 'UNSUPPORTED_ENDPOINT_TYPE'],
] as const)(
  'DescribeCluster for endpoints of type %i is answered %s',
  async (endpointType, code) => {
    const broker = await startBroker()
    const client = await broker.client()
    const { errorCode } = await client.request('DescribeCluster', 1, {
      endpointType,
      includeClusterAuthorizedOperations: false,
    })
    expect(errorCode).toBe(errorCodes[code])
  },
)

test('a fetch session that has nothing left in it is over', async () => {
  const broker = await startBroker()
  broker.tell(...topicOn('orders', uuid(1)))
  const client = await broker.client()
  const partition = { partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000 }
  const topics = [{ topic: 'orders', partitions: [partition] }]
  const common = { maxWaitMs: 0, minBytes: 0, forgottenTopicsData: [] }
  const made = await client.request('Fetch', 12, { ...common, sessionEpoch: 0, topics })
  const { sessionId } = made
  expect(sessionId).toBeGreaterThan(0)
  const forgotten = await client.request('Fetch', 12, {
    ...common,
    sessionId,
    sessionEpoch: 1,
    topics: [],
    forgottenTopicsData: [{ topic: 'orders', partitions: [0] }],
  })
  expect(forgotten).toMatchObject({ sessionId: 0, errorCode: 0, responses: [] })
  const gone = await client.request('Fetch', 12, { ...common, sessionId, sessionEpoch: 2, topics })
  expect(gone.errorCode).toBe(errorCodes.FETCH_SESSION_ID_NOT_FOUND)
})

test('no more fetch sessions are kept than the broker is told to', async () => {
  const name = 'max.incremental.fetch.session.cache.slots'
  const broker = await startBroker(new Map([[name, '1']]))
  broker.tell(...topicOn('orders', uuid(1)))
  const client = await broker.client()
  const partition = { partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000 }
  const topics = [{ topic: 'orders', partitions: [partition] }]
  const request = { maxWaitMs: 0, minBytes: 0, sessionEpoch: 0, topics, forgottenTopicsData: [] }
  expect((await client.request('Fetch', 12, request)).sessionId).toBeGreaterThan(0)
  expect((await client.request('Fetch', 12, request)).sessionId).toBe(0)
})

test('a name as long as a request can bring is refused in words that fit into an answer', async () => {
  const broker = await startBroker()
  const client = await broker.client()
  const resourceName = 'é'.repeat(16_383)
  const resources = [{ resourceType: 2, resourceName, configurationKeys: null }]
  const { results } = await client.request('DescribeConfigs', 4, { resources })
  expect(results[0]).toMatchObject({ errorCode: errorCodes.INVALID_TOPIC_EXCEPTION })
  expect(broker.fatal).toEqual([])
})
