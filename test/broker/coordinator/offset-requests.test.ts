import { expect, test } from 'vitest'
import { metadataRecord } from '../../../broker/metadata/records.ts'
import type { ClientConnection } from '../../../broker/net/client-connection.ts'
import type { RequestInputOf } from '../../../broker/protocol/apis.ts'
import { zeroUuid } from '../../../broker/protocol/codec/uuid.ts'
import { errorCodes } from '../../../broker/protocol/generated/error-codes.ts'
import { startBroker } from '../handlers/support.ts'
import { uuid } from '../metadata/support.ts'
import { produced, topicOn } from '../partition/support.ts'
import { offsetsTopicOn } from './support.ts'

const ordersId = uuid(1)

async function startWithOrders(entries = new Map<string, string>()) {
  const broker = await startBroker(entries)
  broker.tell(...topicOn('orders', ordersId, { count: 3 }), ...offsetsTopicOn({ count: 2 }))
  return { broker, client: await broker.client() }
}

type Commit = {
  version?: number
  group?: string
  topic?: string
  topicId?: string
  partition?: number
  metadata?: string | null
  generation?: number
  retentionTimeMs?: number
}

/** @returns The code of its error. */
async function commit(client: ClientConnection, offset: number, how: Commit = {}) {
  const { version = 9, group = 'g', topic = 'orders', topicId = ordersId, partition = 0 } = how
  const { metadata = 'note', generation = -1, retentionTimeMs = -1 } = how
  const { topics } = await client.request('OffsetCommit', version, {
    groupId: group,
    generationIdOrMemberEpoch: generation,
    memberId: '',
    ...(version <= 4 ? { retentionTimeMs } : {}),
    topics: [
      {
        name: topic,
        topicId,
        partitions: [
          {
            partitionIndex: partition,
            committedOffset: offset,
            committedLeaderEpoch: 5,
            committedMetadata: metadata,
          },
        ],
      },
    ],
  })
  const { partitions } = topics[0] ?? {}
  expect(partitions?.[0]?.partitionIndex).toBe(partition)
  return partitions?.[0]?.errorCode
}

type Asked = RequestInputOf<'OffsetFetch'>

/** @returns Partitions with their offset, epoch, note and error, by topic; or the error of all. */
async function fetched(client: ClientConnection, version: number, topics: Asked['topics'] | 'all') {
  const asked = topics === 'all' || topics === undefined ? null : topics
  const group = {
    groupId: 'g',
    topics: asked?.map((topic) => ({ ...topic, topicId: ordersId })) ?? null,
  }
  const request = version < 8 ? { groupId: 'g', topics: asked } : { groups: [group] }
  const answer = await client.request('OffsetFetch', version, request)
  const own = version < 8 ? answer : answer.groups[0]
  expect(own?.errorCode).toBe(errorCodes.NONE)
  return own?.topics.map(({ name, partitions, ...topic }) => ({
    topic: version < 10 ? name : 'topicId' in topic ? topic.topicId : '',
    partitions: partitions.map((one) => [
      one.partitionIndex,
      one.committedOffset,
      version < 5 ? 5 : one.committedLeaderEpoch,
      one.metadata,
      one.errorCode,
    ]),
  }))
}

const versionsOfCommit = [2, 3, 4, 5, 6, 7, 8, 9, 10]

test.each(versionsOfCommit)(
  'what OffsetCommit %i keeps is fetched in every version',
  async (version) => {
    const { client, broker } = await startWithOrders()
    expect(await commit(client, 42, { version })).toBe(errorCodes.NONE)
    expect(await commit(client, 43, { version, partition: 2, metadata: null })).toBe(
      errorCodes.NONE,
    )
    const epoch = version < 6 ? -1 : 5
    for (const asking of [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]) {
      const at = asking < 5 ? 5 : epoch
      const topic = asking < 10 ? 'orders' : ordersId
      const some = [{ name: 'orders', partitionIndexes: [2, 0, 1] }]
      const nothing = [1, -1, asking < 5 ? 5 : -1, '', 0]
      expect(await fetched(client, asking, some)).toEqual([
        { topic, partitions: [[2, 43, at, '', 0], [0, 42, at, 'note', 0], nothing] },
      ])
      if (asking === 1) continue
      expect(await fetched(client, asking, 'all')).toEqual([
        {
          topic,
          partitions: [
            [0, 42, at, 'note', 0],
            [2, 43, at, '', 0],
          ],
        },
      ])
    }
    expect(broker.fatal).toEqual([])
  },
)

test('several groups are fetched at once, and a group that nobody knows has read nothing', async () => {
  const { client } = await startWithOrders()
  await commit(client, 1, { group: 'a' })
  await commit(client, 2, { group: '' })
  const topics = [{ name: 'orders', partitionIndexes: [0] }]
  const groups = ['a', 'nobody', ''].map((groupId) => ({ groupId, topics }))
  const answer = await client.request('OffsetFetch', 8, { groups, requireStable: true })
  expect(
    answer.groups.map(({ groupId, errorCode, topics }) => {
      return [groupId, errorCode, topics[0]?.partitions[0]?.committedOffset]
    }),
  ).toEqual([
    ['a', 0, 1],
    ['nobody', 0, -1],
    ['', 0, 2],
  ])
})

test('a partition that is not there is refused alone', async () => {
  const { client } = await startWithOrders()
  const { UNKNOWN_TOPIC_OR_PARTITION, UNKNOWN_TOPIC_ID } = errorCodes
  expect(await commit(client, 1, { topic: 'nobody' })).toBe(UNKNOWN_TOPIC_OR_PARTITION)
  expect(await commit(client, 1, { partition: 3 })).toBe(UNKNOWN_TOPIC_OR_PARTITION)
  expect(await commit(client, 1, { version: 10, partition: 3 })).toBe(UNKNOWN_TOPIC_OR_PARTITION)
  expect(await commit(client, 1, { version: 10, topicId: uuid(9) })).toBe(UNKNOWN_TOPIC_ID)
  expect(await commit(client, 1, { version: 10, topicId: zeroUuid })).toBe(UNKNOWN_TOPIC_ID)
  const partition = { committedOffset: 1, committedMetadata: '' }
  const { topics } = await client.request('OffsetCommit', 9, {
    groupId: 'g',
    memberId: '',
    topics: [
      { name: 'nobody', partitions: [{ ...partition, partitionIndex: 0 }] },
      {
        name: 'orders',
        partitions: [0, 7].map((partitionIndex) => ({ ...partition, partitionIndex })),
      },
    ],
  })
  expect(topics.map(({ name, partitions }) => [name, partitions])).toEqual([
    ['nobody', [{ partitionIndex: 0, errorCode: UNKNOWN_TOPIC_OR_PARTITION }]],
    [
      'orders',
      [
        { partitionIndex: 7, errorCode: UNKNOWN_TOPIC_OR_PARTITION },
        { partitionIndex: 0, errorCode: errorCodes.NONE },
      ],
    ],
  ])
  const groups = [{ groupId: 'g', topics: [{ topicId: uuid(9), partitionIndexes: [4] }] }]
  const answer = await client.request('OffsetFetch', 10, { groups })
  expect(answer.groups[0]?.topics).toMatchObject([
    { topicId: uuid(9), partitions: [{ partitionIndex: 4, errorCode: UNKNOWN_TOPIC_ID }] },
  ])
})

test('a note may have as many characters as offset.metadata.max.bytes', async () => {
  const entries = new Map([['offset.metadata.max.bytes', '5']])
  const { client } = await startWithOrders(entries)
  expect(await commit(client, 1, { metadata: 'äöüäö' })).toBe(errorCodes.NONE)
  expect(await commit(client, 2, { metadata: '123456' })).toBe(errorCodes.OFFSET_METADATA_TOO_LARGE)
  expect((await fetched(client, 5, 'all'))?.[0]?.partitions).toEqual([[0, 1, 5, 'äöüäö', 0]])
})

test('who says it is a member of a group that nobody knows is told so, as its version has it', async () => {
  const { client } = await startWithOrders()
  expect(await commit(client, 1, { generation: 1 })).toBe(errorCodes.GROUP_ID_NOT_FOUND)
  expect(await commit(client, 1, { generation: 1, version: 8 })).toBe(errorCodes.ILLEGAL_GENERATION)
})

test('a client is sent to the broker that leads the partition of its group', async () => {
  const broker = await startBroker()
  const client = await broker.client()
  const here = { nodeId: 3, host: '127.0.0.1', port: broker.port, errorCode: 0 }
  for (const version of [0, 1, 2, 3]) {
    const answer = await client.request('FindCoordinator', version, {
      key: 'g',
      coordinatorKeys: [],
    })
    expect(answer).toMatchObject({ ...here, errorMessage: version === 0 ? '' : 'NONE' })
  }
  for (const version of [4, 5, 6]) {
    const answer = await client.request('FindCoordinator', version, { coordinatorKeys: ['g', 'h'] })
    expect(answer.coordinators).toMatchObject([
      { key: 'g', ...here },
      { key: 'h', ...here },
    ])
  }
  const ids = [...broker.image.topicIds.values()]
  expect(ids).toHaveLength(1)
  expect(broker.image.topics.get(ids[0] as string)?.partitions.count).toBe(50)
})

test('the topic of groups is made as it is set', async () => {
  const entries = new Map([
    ['offsets.topic.num.partitions', '7'],
    ['offsets.topic.segment.bytes', '2000000'],
    ['offsets.topic.replication.factor', '1'],
  ])
  const broker = await startBroker(entries)
  const client = await broker.client()
  await client.request('FindCoordinator', 4, { coordinatorKeys: ['g'] })
  expect(broker.asked).toMatchObject([
    {
      name: '__consumer_offsets',
      numPartitions: 7,
      replicationFactor: 1,
      configs: [
        { name: 'cleanup.policy', value: 'compact' },
        { name: 'compression.type', value: 'producer' },
        { name: 'segment.bytes', value: '2000000' },
      ],
    },
  ])
})

test('coordinators that are not there yet, or that nobody knows, say so', async () => {
  const { client } = await startWithOrders()
  const { COORDINATOR_NOT_AVAILABLE, INVALID_REQUEST } = errorCodes
  const codes = async (version: number, keyType: number, key: string) => {
    const answer = await client.request('FindCoordinator', version, {
      keyType,
      ...(version < 4 ? { key, coordinatorKeys: [] } : { coordinatorKeys: [key] }),
    })
    return version < 4 ? answer.errorCode : answer.coordinators[0]?.errorCode
  }
  expect(await codes(3, 1, 'transactional')).toBe(COORDINATOR_NOT_AVAILABLE)
  expect(await codes(6, 1, 'transactional')).toBe(COORDINATOR_NOT_AVAILABLE)
  expect(await codes(6, 2, `g:${ordersId}:0`)).toBe(COORDINATOR_NOT_AVAILABLE)
  expect(await codes(6, 2, 'g')).toBe(INVALID_REQUEST)
  expect(await codes(5, 2, `g:${ordersId}:0`)).toBe(INVALID_REQUEST)
  expect(await codes(6, 9, 'g')).toBe(INVALID_REQUEST)
})

test('offsets of a topic are taken away, and it is told what was not there', async () => {
  const { client } = await startWithOrders()
  await commit(client, 1)
  await commit(client, 2, { partition: 1 })
  const partitions = [0, 2, 7].map((partitionIndex) => ({ partitionIndex }))
  const ask = (groupId: string) =>
    client.request('OffsetDelete', 0, { groupId, topics: [{ name: 'orders', partitions }] })
  expect(await ask('nobody')).toMatchObject({
    errorCode: errorCodes.GROUP_ID_NOT_FOUND,
    topics: [],
  })
  expect(await ask('')).toMatchObject({ errorCode: errorCodes.INVALID_GROUP_ID })
  expect((await ask('g')).topics).toEqual([
    {
      name: 'orders',
      partitions: [
        { partitionIndex: 7, errorCode: errorCodes.UNKNOWN_TOPIC_OR_PARTITION },
        { partitionIndex: 0, errorCode: errorCodes.NONE },
        { partitionIndex: 2, errorCode: errorCodes.NONE },
      ],
    },
  ])
  expect((await fetched(client, 5, 'all'))?.[0]?.partitions).toEqual([[1, 2, 5, 'note', 0]])
})

test('a group of a consumer that assigns itself its partitions is listed, described and deleted', async () => {
  const { client } = await startWithOrders()
  await commit(client, 1, { group: 'simple' })
  const listed = async (filters: { statesFilter?: string[]; typesFilter?: string[] } = {}) => {
    const { groups } = await client.request('ListGroups', 5, {
      statesFilter: [],
      typesFilter: [],
      ...filters,
    })
    return groups
  }
  const simple = { groupId: 'simple', protocolType: '', groupState: 'Empty', groupType: 'classic' }
  expect(await listed()).toEqual([simple])
  expect(await listed({ statesFilter: ['empty'], typesFilter: ['Classic'] })).toEqual([simple])
  expect(await listed({ statesFilter: ['Stable'] })).toEqual([])
  expect(await listed({ typesFilter: ['consumer'] })).toEqual([])
  const described = await client.request('DescribeGroups', 6, {
    groups: ['simple', 'nobody'],
    includeAuthorizedOperations: true,
  })
  expect(described.groups).toMatchObject([
    {
      errorCode: 0,
      groupId: 'simple',
      groupState: 'Empty',
      members: [],
      authorizedOperations: 3400,
    },
    { errorCode: errorCodes.GROUP_ID_NOT_FOUND, groupId: 'nobody', groupState: 'Dead' },
  ])
  const groupsNames = ['simple', 'nobody', 'simple']
  expect(await client.request('DeleteGroups', 2, { groupsNames })).toMatchObject({
    results: [
      { groupId: 'simple', errorCode: errorCodes.NONE },
      { groupId: 'nobody', errorCode: errorCodes.GROUP_ID_NOT_FOUND },
    ],
  })
  expect(await listed()).toEqual([])
  expect(await fetched(client, 5, 'all')).toEqual([])
})

test('offsets go with their topic, and one that is made anew begins without', async () => {
  const { broker, client } = await startWithOrders()
  broker.tell(...topicOn('carts', uuid(2)))
  await commit(client, 1)
  await commit(client, 5, { topic: 'carts' })
  broker.tell(
    metadataRecord('RemoveTopicRecord', { topicId: ordersId }),
    ...topicOn('orders', uuid(3), { count: 3 }),
  )
  expect(await fetched(client, 5, 'all')).toEqual([
    { topic: 'carts', partitions: [[0, 5, 5, 'note', 0]] },
  ])
})

test('what is left of a topic that had the name before is not shown', async () => {
  const { broker, client } = await startWithOrders()
  await commit(client, 1)
  broker.onImage = () => {} // its groups have not heard of it yet
  broker.tell(
    metadataRecord('RemoveTopicRecord', { topicId: ordersId }),
    ...topicOn('orders', uuid(3), { count: 3 }),
  )
  const some = [{ name: 'orders', partitionIndexes: [0] }]
  expect((await fetched(client, 5, some))?.[0]?.partitions).toEqual([[0, -1, -1, '', 0]])
  expect(await fetched(client, 5, 'all')).toEqual([])
})

test('a client may not produce to what brokers keep for themselves', async () => {
  const { client, broker } = await startWithOrders()
  const partitionData = [{ index: 0, records: produced('a') }]
  const topicData = [{ name: '__consumer_offsets', partitionData }]
  const answer = await client.request('Produce', 9, { acks: -1, timeoutMs: 1_000, topicData })
  expect(answer.responses[0]?.partitionResponses).toMatchObject([
    { index: 0, errorCode: errorCodes.INVALID_TOPIC_EXCEPTION },
  ])
  expect(broker.fatal).toEqual([])
})

test('who is elsewhere, or has no group, is told so in every version', async () => {
  const broker = await startBroker()
  broker.tell(...topicOn('orders', ordersId), ...offsetsTopicOn({ leader: 4 }))
  const client = await broker.client()
  const { NOT_COORDINATOR, INVALID_GROUP_ID } = errorCodes
  expect(await commit(client, 1)).toBe(NOT_COORDINATOR)
  const topics = [{ name: 'orders', partitionIndexes: [0] }]
  const old = await client.request('OffsetFetch', 1, { groupId: 'g', topics, groups: [] })
  expect(old.topics[0]?.partitions).toMatchObject([{ errorCode: NOT_COORDINATOR }])
  const newer = await client.request('OffsetFetch', 7, { groupId: 'g', topics, groups: [] })
  expect(newer).toMatchObject({ errorCode: NOT_COORDINATOR, topics: [] })
  const member = { generationId: 1, memberId: 'm' }
  for (const [groupId, errorCode] of [
    ['g', NOT_COORDINATOR],
    ['', INVALID_GROUP_ID],
  ] as const) {
    for (const version of [0, 4]) {
      const beat = await client.request('Heartbeat', version, { groupId, ...member })
      expect(beat).toMatchObject({ errorCode })
    }
    for (const version of [0, 5]) {
      const sync = await client.request('SyncGroup', version, {
        groupId,
        ...member,
        assignments: [],
      })
      expect(sync).toMatchObject({ errorCode })
      const names = version < 3 ? { memberId: 'm' } : {}
      const leave = await client.request('LeaveGroup', version, { groupId, ...names, members: [] })
      expect(leave).toMatchObject({ errorCode })
    }
    for (const version of [0, 6, 7, 9]) {
      const join = await client.request('JoinGroup', version, {
        groupId,
        sessionTimeoutMs: 10_000,
        memberId: 'm',
        protocolType: 'consumer',
        protocols: [],
      })
      expect(join).toMatchObject({ errorCode, memberId: groupId === '' ? 'm' : '' })
    }
  }
  const { results } = await client.request('DeleteGroups', 2, { groupsNames: ['g'] })
  expect(results).toMatchObject([{ errorCode: NOT_COORDINATOR }])
  const { groups } = await client.request('DescribeGroups', 5, { groups: ['g'] })
  expect(groups).toMatchObject([{ errorCode: NOT_COORDINATOR, groupState: '' }])
  expect(broker.fatal).toEqual([])
})
