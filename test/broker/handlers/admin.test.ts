import { expect, test } from 'vitest'
import { metadataRecord } from '../../../broker/metadata/records.ts'
import type { ResponseOf } from '../../../broker/protocol/apis.ts'
import { zeroUuid } from '../../../broker/protocol/codec/uuid.ts'
import { errorCodes } from '../../../broker/protocol/generated/error-codes.ts'
import { uuid } from '../metadata/support.ts'
import { newLeader, newTopic, nodeId, produced, setting } from '../partition/support.ts'
import { clusterId, onlyPartition, TestBroker } from './support.ts'

const newOrders = { numPartitions: 3, replicationFactor: 1, assignments: [], configs: [] }

test('a topic that was made is there for whoever hears of it, and gone once it was deleted', async () => {
  await using broker = await TestBroker.start()
  for (const version of [2, 3, 4, 5, 6, 7]) {
    const name = `orders-${version}`
    const topics = [{ name, ...newOrders }]
    const made = await broker.ask('CreateTopics', version, { topics, timeoutMs: 1_000 })
    expect(made.topics).toMatchObject([{ name, errorCode: 0 }])
    const { topics: seen } = await broker.ask('Metadata', 5, { topics: [{ name }] })
    expect(seen[0]?.partitions).toHaveLength(3)
    const again = await broker.ask('CreateTopics', version, { topics, timeoutMs: 1_000 })
    expect(again.topics).toMatchObject([{ errorCode: errorCodes.TOPIC_ALREADY_EXISTS }])
  }
  for (const version of [1, 2, 3, 4, 5, 6]) {
    const name = `orders-${version + 1}`
    const names = version >= 6 ? { topics: [{ name, topicId: zeroUuid }] } : { topicNames: [name] }
    const gone = await broker.ask('DeleteTopics', version, {
      topicNames: [],
      ...names,
      timeoutMs: 9,
    })
    expect(gone.responses).toMatchObject([{ name, errorCode: 0 }])
  }
})

test('without a controller admin requests hear so, for each of what they are about', async () => {
  await using broker = await TestBroker.start()
  broker.hasController = false
  const errorCode = errorCodes.NOT_CONTROLLER
  const topics = ['a', 'b'].map((name) => ({ name, ...newOrders }))
  const made = await broker.ask('CreateTopics', 7, { topics })
  expect(made.topics).toMatchObject([
    { name: 'a', errorCode },
    { name: 'b', errorCode },
  ])
  const deleted = [
    { name: 'a', topicId: zeroUuid },
    { name: null, topicId: uuid(5) },
  ]
  const gone = await broker.ask('DeleteTopics', 6, {
    topics: deleted,
    timeoutMs: 1,
    topicNames: [],
  })
  expect(gone.responses).toMatchObject([
    { name: 'a', errorCode },
    { name: null, topicId: uuid(5), errorCode },
  ])
  const old = await broker.ask('DeleteTopics', 3, { topicNames: ['a'], timeoutMs: 1 })
  expect(old.responses).toMatchObject([{ name: 'a', errorCode }])
  const more = [{ name: 'a', count: 5, assignments: null }]
  const grown = await broker.ask('CreatePartitions', 3, {
    topics: more,
    timeoutMs: 1,
    validateOnly: false,
  })
  expect(grown.results).toMatchObject([{ name: 'a', errorCode, errorMessage: 'nobody is there' }])
})

test('each producer gets an id of its own, and none where there is nobody to ask', async () => {
  await using broker = await TestBroker.start()
  const ask = (version: number, transactionalId: string | null) =>
    broker.ask('InitProducerId', version, { transactionalId, transactionTimeoutMs: 1_000 })
  const ids = await Promise.all([0, 1, 2, 3, 4, 5].map((version) => ask(version, null)))
  expect(new Set(ids.map(({ producerId }) => producerId)).size).toBe(6)
  expect(ids.every((id) => id.errorCode === 0 && id.producerEpoch === 0)).toBe(true)
  expect(await ask(4, 'mine')).toMatchObject({
    errorCode: errorCodes.COORDINATOR_NOT_AVAILABLE,
    producerId: -1,
  })
  expect((await ask(4, '')).errorCode).toBe(errorCodes.INVALID_REQUEST)
  broker.hasController = false
  expect((await ask(4, null)).errorCode).toBe(errorCodes.NOT_CONTROLLER)
})

test('there are no coordinators yet, in both shapes', async () => {
  await using broker = await TestBroker.start()
  const errorCode = errorCodes.COORDINATOR_NOT_AVAILABLE
  for (const version of [0, 1, 2, 3]) {
    const answer = await broker.ask('FindCoordinator', version, { key: 'group' })
    expect(answer).toMatchObject({ errorCode, nodeId: -1 })
  }
  for (const version of [4, 5, 6]) {
    const answer = await broker.ask('FindCoordinator', version, { coordinatorKeys: ['a', 'b'] })
    expect(answer.coordinators).toMatchObject([
      { key: 'a', errorCode },
      { key: 'b', errorCode },
    ])
  }
})

test('the cluster is described, with fenced brokers for those who want to know', async () => {
  await using broker = await TestBroker.start()
  broker.parts.apply(broker.registration(2, { fenced: true, rack: 'r2' }))
  const ask = (version: number, more: object = {}) =>
    broker.ask('DescribeCluster', version, { includeClusterAuthorizedOperations: false, ...more })
  for (const version of [0, 1, 2]) {
    expect(await ask(version)).toMatchObject({
      errorCode: 0,
      clusterId,
      controllerId: 1,
      brokers: [{ brokerId: 1, port: broker.port, isFenced: false }],
      clusterAuthorizedOperations: -(2 ** 31),
    })
  }
  const { brokers } = await ask(2, { includeFencedBrokers: true })
  expect(brokers).toMatchObject([{ brokerId: 1 }, { brokerId: 2, isFenced: true, rack: 'r2' }])
  expect((await ask(1, { endpointType: 2 })).errorCode).toBe(errorCodes.MISMATCHED_ENDPOINT_TYPE)
  expect((await ask(1, { endpointType: 3 })).errorCode).toBe(errorCodes.UNSUPPORTED_ENDPOINT_TYPE)
})

test('a consumer hears where the epoch ends that it has read', async () => {
  await using broker = await TestBroker.start()
  broker.parts.apply(...newTopic('orders', uuid(1)))
  const append = () =>
    broker.parts.partitions
      .leaderOf({ name: 'orders' }, 0)
      .append(produced(['a', 'b']), { acks: 1, timeoutMs: 1_000 })
  await append()
  broker.parts.apply(newLeader(uuid(1), 0, nodeId))
  await append()
  for (const version of [2, 3, 4]) {
    const ask = async (leaderEpoch: number, currentLeaderEpoch = -1) => {
      const partitions = [{ partition: 0, currentLeaderEpoch, leaderEpoch }]
      const topics = [{ topic: 'orders', partitions }]
      const answer = await broker.ask('OffsetForLeaderEpoch', version, { topics })
      return onlyPartition(answer.topics)
    }
    expect(await ask(0)).toMatchObject({ errorCode: 0, leaderEpoch: 0, endOffset: 2 })
    expect(await ask(1)).toMatchObject({ errorCode: 0, leaderEpoch: 1, endOffset: 4 })
    expect(await ask(2)).toMatchObject({ errorCode: 0, leaderEpoch: -1, endOffset: -1 })
    expect((await ask(0, 0)).errorCode).toBe(errorCodes.FENCED_LEADER_EPOCH)
    expect((await ask(0, 7)).errorCode).toBe(errorCodes.UNKNOWN_LEADER_EPOCH)
  }
})

type Described = ResponseOf<'DescribeConfigs'>['results'][number]
const valueOf = ({ configs }: Described, name: string) => configs.find((own) => own.name === name)

test('settings of a topic are told with where they come from', async () => {
  await using broker = await TestBroker.start({ config: { 'log.retention.hours': '2' } })
  broker.parts.apply(
    ...newTopic('orders', uuid(1)),
    setting('orders', 'cleanup.policy', 'compact'),
    metadataRecord('ConfigRecord', {
      resourceType: 4,
      resourceName: '',
      name: 'min.insync.replicas',
      value: '2',
    }),
  )
  const resource = { resourceType: 2, resourceName: 'orders', configurationKeys: null }
  for (const version of [1, 2, 3, 4]) {
    const body = { resources: [resource], includeSynonyms: true }
    const { results } = await broker.ask('DescribeConfigs', version, body)
    const [orders] = results as [Described]
    expect(orders).toMatchObject({ errorCode: 0, resourceType: 2, resourceName: 'orders' })
    expect(valueOf(orders, 'cleanup.policy')).toMatchObject({
      value: 'compact',
      configSource: 1,
      isSensitive: false,
      readOnly: false,
      synonyms: [
        { name: 'cleanup.policy', value: 'compact', source: 1 },
        { name: 'log.cleanup.policy', value: 'delete', source: 5 },
      ],
    })
    expect(valueOf(orders, 'retention.ms')).toMatchObject({ value: '7200000', configSource: 4 })
    expect(valueOf(orders, 'min.insync.replicas')).toMatchObject({ value: '2', configSource: 3 })
    expect(valueOf(orders, 'segment.bytes')).toMatchObject({ value: '1073741824', configSource: 5 })
    if (version >= 3) expect(valueOf(orders, 'segment.bytes')?.configType).toBe(3)
  }
  const some = { ...resource, configurationKeys: ['retention.ms', 'no.such.setting'] }
  const { results } = await broker.ask('DescribeConfigs', 4, { resources: [some] })
  expect(results[0]?.configs).toMatchObject([{ name: 'retention.ms', synonyms: [] }])
})

test('settings of this broker are told, and those of another are not known here', async () => {
  await using broker = await TestBroker.start({ config: { 'num.partitions': '3' } })
  const ask = async (resourceType: number, resourceName: string) => {
    const resources = [{ resourceType, resourceName, configurationKeys: null }]
    const body = { resources, includeSynonyms: true, includeDocumentation: true }
    return (await broker.ask('DescribeConfigs', 4, body)).results[0] as Described
  }
  const own = await ask(4, '1')
  expect(valueOf(own, 'num.partitions')).toMatchObject({
    value: '3',
    configSource: 4,
    readOnly: true,
    synonyms: [
      { value: '3', source: 4 },
      { value: '1', source: 5 },
    ],
    documentation: expect.stringMatching(/partitions/),
  })
  expect(valueOf(own, 'node.id')?.value).toBe('1')
  expect(valueOf(own, 'advertised.listeners')?.value).toBe(`PLAINTEXT://127.0.0.1:${broker.port}`)
  for (const name of ['log.retention.ms', 'default.replication.factor', 'message.max.bytes']) {
    expect(valueOf(own, name), name).toBeDefined()
  }
  expect((await ask(4, '')).configs).toEqual([])
  expect(await ask(4, '2')).toMatchObject({ errorCode: errorCodes.INVALID_REQUEST, configs: [] })
  expect(await ask(8, '1')).toMatchObject({ errorCode: errorCodes.INVALID_REQUEST })
  expect(await ask(2, 'none')).toMatchObject({ errorCode: errorCodes.UNKNOWN_TOPIC_OR_PARTITION })
})
