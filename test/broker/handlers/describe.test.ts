import { expect, test } from 'vitest'
import { metadataRecord } from '../../../broker/metadata/records.ts'
import { errorCodes } from '../../../broker/protocol/generated/error-codes.ts'
import { buildBatch } from '../../../broker/protocol/records/build.ts'
import { uuid } from '../metadata/support.ts'
import { produced, topicOn } from '../partition/support.ts'
import { startBroker } from './support.ts'

test('the room that replicas take is told, of those that are here', async () => {
  const broker = await startBroker()
  broker.tell(
    ...topicOn('orders', uuid(1), { count: 2 }),
    ...topicOn('away', uuid(2), { leader: 7 }),
  )
  const client = await broker.client()
  const records = produced('a', 'b')
  const topicData = [{ name: 'orders', partitionData: [{ index: 1, records }] }]
  await client.request('Produce', 9, { acks: -1, timeoutMs: 1_000, topicData })

  const all = await client.request('DescribeLogDirs', 4, { topics: null })
  const empty = { offsetLag: 0, isFutureKey: false, partitionIndex: 0, partitionSize: 0 }
  const written = { ...empty, partitionIndex: 1, partitionSize: records.byteLength }
  expect(all).toMatchObject({ errorCode: 0, results: [{ errorCode: 0 }] })
  expect(all.results[0]).toMatchObject({ totalBytes: 10_000, usableBytes: 7_000 })
  expect(all.results[0]?.topics).toEqual([{ name: 'orders', partitions: [empty, written] }])

  const some = [
    { topic: 'orders', partitions: [1, 9] },
    { topic: 'away', partitions: [0] },
    { topic: 'nowhere', partitions: [0] },
  ]
  const few = await client.request('DescribeLogDirs', 1, { topics: some })
  expect(few.results[0]?.topics).toEqual([{ name: 'orders', partitions: [written] }])
  expect(few.results[0]?.totalBytes).toBe(-1)
})

test('the producers of a partition are told as its log knows them', async () => {
  const broker = await startBroker()
  broker.tell(...topicOn('orders', uuid(1)), ...topicOn('away', uuid(2), { leader: 7 }))
  const client = await broker.client()
  const record = { timestamp: 1_000, key: null, value: Buffer.from('a'), headers: [] }
  const producer = { producerId: 40, producerEpoch: 2, baseSequence: 0 }
  const batch = buildBatch({ records: [record, record], ...producer })
  const topicData = [{ name: 'orders', partitionData: [{ index: 0, records: batch }] }]
  await client.request('Produce', 9, { acks: -1, timeoutMs: 1_000, topicData })

  const topics = [
    { name: 'orders', partitionIndexes: [0, 9] },
    { name: 'away', partitionIndexes: [0] },
  ]
  const answer = await client.request('DescribeProducers', 0, { topics })
  const [orders, away] = answer.topics.map(({ partitions }) => partitions)
  expect(orders?.[0]).toMatchObject({ errorCode: 0 })
  expect(orders?.[0]?.activeProducers).toEqual([
    {
      producerId: 40,
      producerEpoch: 2,
      lastSequence: 1,
      lastTimestamp: 1_000,
      coordinatorEpoch: -1,
      currentTxnStartOffset: -1,
    },
  ])
  expect(orders?.[1]).toMatchObject({ errorCode: errorCodes.UNKNOWN_TOPIC_OR_PARTITION })
  expect(away?.[0]).toMatchObject({ errorCode: errorCodes.NOT_LEADER_OR_FOLLOWER })
})

test('partitions that are on their way to another broker are listed, and no others', async () => {
  const broker = await startBroker()
  broker.tell(...topicOn('orders', uuid(1), { count: 2 }), ...topicOn('carts', uuid(2)))
  const moving = { replicas: [3, 4], addingReplicas: [4], removingReplicas: [3] }
  broker.tell(
    metadataRecord('PartitionChangeRecord', { topicId: uuid(1), partitionId: 1, ...moving }),
  )
  const client = await broker.client()
  const listed = [{ name: 'orders', partitions: [{ partitionIndex: 1, ...moving }] }]
  const all = await client.request('ListPartitionReassignments', 0, { timeoutMs: 0, topics: null })
  expect(all).toMatchObject({ errorCode: 0, topics: listed })
  const topics = [{ name: 'orders', partitionIndexes: [0, 7] }]
  const some = await client.request('ListPartitionReassignments', 0, { timeoutMs: 0, topics })
  expect(some.topics).toEqual([])
})

test('without an authorizer ACLs are refused, not found to be none', async () => {
  const client = await (await startBroker()).client()
  const any = { resourceTypeFilter: 1, resourceNameFilter: null, patternTypeFilter: 1 }
  const anybody = { principalFilter: null, hostFilter: null, operation: 1, permissionType: 1 }
  const described = await client.request('DescribeAcls', 3, { ...any, ...anybody })
  const { SECURITY_DISABLED: errorCode } = errorCodes
  expect(described).toMatchObject({ errorCode, resources: [] })
  const filters = [{ ...any, ...anybody }]
  const deleted = await client.request('DeleteAcls', 3, { filters })
  expect(deleted.filterResults).toMatchObject([{ errorCode, matchingAcls: [] }])
  const resource = { resourceType: 2, resourceName: 'orders', resourcePatternType: 3 }
  const who = { principal: 'User:a', host: '*', operation: 3, permissionType: 3 }
  const created = await client.request('CreateAcls', 3, { creations: [{ ...resource, ...who }] })
  expect(created.results).toMatchObject([{ errorCode }])
})

test.each<[number, string, number, string | null]>([
  [0, 'user', 0, 'a'],
  [0, 'user', 2, null],
  [errorCodes.INVALID_REQUEST, 'user', 0, null],
  [errorCodes.INVALID_REQUEST, 'user', 1, 'a'],
  [errorCodes.INVALID_REQUEST, 'user', 7, 'a'],
  [errorCodes.INVALID_REQUEST, '', 0, 'a'],
  [errorCodes.UNSUPPORTED_VERSION, 'zoo', 0, 'a'],
])(
  '%i is answered to a look for quotas of %j by %i with %j',
  async (code, type, matchType, match) => {
    const client = await (await startBroker()).client()
    const components = [{ entityType: type, matchType, match }]
    const answer = await client.request('DescribeClientQuotas', 1, { components, strict: false })
    expect(answer).toMatchObject({ errorCode: code, entries: code === 0 ? [] : null })
  },
)

test('nobody has SCRAM credentials, and who is named is not found', async () => {
  const client = await (await startBroker()).client()
  const all = await client.request('DescribeUserScramCredentials', 0, { users: null })
  expect(all).toMatchObject({ errorCode: 0, results: [] })
  const users = ['bo', 'al', 'bo'].map((name) => ({ name }))
  const { results } = await client.request('DescribeUserScramCredentials', 0, { users })
  const { RESOURCE_NOT_FOUND, DUPLICATE_RESOURCE } = errorCodes
  expect(results.map(({ user, errorCode }) => [user, errorCode])).toEqual([
    ['al', RESOURCE_NOT_FOUND],
    ['bo', DUPLICATE_RESOURCE],
  ])
})

test('what has settings is listed by its type', async () => {
  const broker = await startBroker()
  broker.tell(...topicOn('orders', uuid(1)))
  for (const [resourceType, resourceName] of [
    [16, 'subscription'],
    [32, 'group'],
  ] as const) {
    const resource = { resourceType, resourceName }
    broker.tell(metadataRecord('ConfigRecord', { ...resource, name: 'interval.ms', value: '500' }))
  }
  const client = await broker.client()
  const list = async (version: number, ...resourceTypes: number[]) => {
    const own = version === 0 ? {} : { resourceTypes }
    const answer = await client.request('ListConfigResources', version, own)
    if (answer.errorCode !== 0) return answer.errorCode
    return answer.configResources.map((one) => `${one.resourceType} ${one.resourceName}`)
  }
  expect(await list(1)).toEqual(['2 orders', '4 3', '8 3', '16 subscription', '32 group'])
  expect(await list(1, 32, 2)).toEqual(['32 group', '2 orders'])
  expect(await list(0)).toEqual(['16 subscription'])
  expect(await list(1, 99)).toBe(errorCodes.UNSUPPORTED_VERSION)
})
