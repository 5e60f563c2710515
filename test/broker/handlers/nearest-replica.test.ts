import { expect, test } from 'vitest'
import { metadataRecord } from '../../../broker/metadata/records.ts'
import type { ClientConnection } from '../../../broker/net/client-connection.ts'
import type { Partition } from '../../../broker/partition/partition.ts'
import { errorCodes } from '../../../broker/protocol/generated/error-codes.ts'
import { buildBatch } from '../../../broker/protocol/records/build.ts'
import { uuid } from '../metadata/support.ts'
import { nodeId, produced } from '../partition/support.ts'
import { startBroker, type TestBroker } from './support.ts'

const other = 7
const topicId = uuid(1)
const rackAware = new Map([
  ['replica.selector.class', 'org.apache.kafka.common.replica.RackAwareReplicaSelector'],
])

/** This broker, in no rack, and another one in `b`; `leader` leads `orders`, the other one follows. */
async function start({
  leader = nodeId,
  entries = rackAware,
}: {
  leader?: number
  entries?: Map<string, string>
} = {}): Promise<TestBroker> {
  const broker = await startBroker(entries)
  broker.tell(
    metadataRecord('RegisterBrokerRecord', {
      brokerId: other,
      brokerEpoch: 1,
      incarnationId: uuid(78),
      endPoints: [{ name: 'client', host: 'other', port: 9_092, securityProtocol: 0 }],
      features: [],
      rack: 'b',
      fenced: false,
      inControlledShutdown: false,
      logDirs: [],
    }),
    metadataRecord('TopicRecord', { name: 'orders', topicId }),
    metadataRecord('PartitionRecord', {
      topicId,
      partitionId: 0,
      replicas: [nodeId, other],
      isr: [nodeId, other],
      addingReplicas: [],
      removingReplicas: [],
      leader,
      leaderEpoch: 5,
      partitionEpoch: 0,
    }),
  )
  return broker
}

/** With two records, all of which the other broker has. */
async function leading(entries = rackAware): Promise<TestBroker> {
  const broker = await start({ entries })
  const partition = broker.partitions.leaderOf({ topicId, name: '' }, 0)
  await partition.append([produced('a', 'b')], { acks: 1, timeoutMs: 1_000 })
  partition.role.followerFetched({
    brokerId: other,
    brokerEpoch: 1,
    currentLeaderEpoch: 5,
    fetchOffset: 2,
    lastFetchedEpoch: 5,
    logStartOffset: 0,
    answeredMs: -1,
  })
  return broker
}

/** With two records, of which it is told how many are committed. */
async function following(highWatermark: number): Promise<[TestBroker, Partition]> {
  const broker = await start({ leader: other })
  const partition = broker.partitions.known({ id: topicId }, 0) as Partition
  const records = ['a', 'b'].map((value) => {
    return { timestamp: 1, key: null, value: Buffer.from(value), headers: [] }
  })
  tell(partition, highWatermark, true)
  partition.appendFetched(
    Buffer.concat([
      buildBatch({ records: records.slice(0, 1), partitionLeaderEpoch: 5 }),
      buildBatch({ records: records.slice(1), partitionLeaderEpoch: 5, baseOffset: 1 }),
    ]),
    0,
  )
  await partition.log.written()
  return [broker, partition]
}

function tell({ role }: Partition, highWatermark: number, isFirst = false): void {
  const turn = role.nextTurn()
  if (turn?.type !== 'fetch') throw new Error('it has no turn')
  const records = isFirst ? { baseOffset: 0, firstLeaderEpoch: 5, lastLeaderEpoch: 5 } : undefined
  role.fetchAnswered(turn.fetch, { highWatermark, answeredMs: 1, records })
}

type Fetching = {
  version?: number
  offset?: number
  rackId?: string
  maxWaitMs?: number
  epoch?: number
  session?: { sessionId: number; sessionEpoch: number }
}

async function fetch(client: ClientConnection, options: Fetching = {}) {
  const { version = 12, offset = 0, rackId = 'b', maxWaitMs = 10_000, epoch, session } = options
  const current = epoch === undefined ? {} : { currentLeaderEpoch: epoch }
  const partitions = [{ partition: 0, fetchOffset: offset, partitionMaxBytes: 1_000, ...current }]
  return client.request('Fetch', version, {
    maxWaitMs,
    minBytes: 1,
    ...(version < 11 ? {} : { rackId }),
    ...session,
    topics: [{ topic: 'orders', topicId, partitions }],
    forgottenTopicsData: [],
  })
}

async function fetchOne(client: ClientConnection, options: Fetching = {}) {
  return (await fetch(client, options)).responses[0]?.partitions[0]
}

const elsewhere = { errorCode: 0, preferredReadReplica: other, highWatermark: 2 }

test.each([11, 12, 17])(
  'a leader sends a consumer to the replica in its rack, in Fetch %i',
  async (version) => {
    const client = await (await leading()).client()
    const answer = await fetchOne(client, { version })
    expect(answer).toMatchObject(elsewhere)
    expect(answer?.records?.byteLength).toBe(0)
  },
)

test('each time it is asked in a session', async () => {
  const client = await (await leading()).client()
  const first = await fetch(client, { session: { sessionId: 0, sessionEpoch: 0 } })
  const { sessionId } = first
  const second = await fetch(client, { session: { sessionId, sessionEpoch: 1 } })
  expect(second.responses[0]?.partitions[0]).toMatchObject(elsewhere)
})

test.each<[string, Fetching, Map<string, string>?]>([
  ['that does not say where it is', { rackId: '' }],
  ['in a rack without a replica', { rackId: 'c' }],
  ['of an older version', { version: 10 }],
  ['of a cluster that does not say so', {}, new Map()],
])('a consumer %s reads from the leader', async (_, options, entries) => {
  const client = await (await leading(entries)).client()
  const answer = await fetchOne(client, options)
  expect(answer?.preferredReadReplica ?? -1).toBe(-1)
  expect(answer?.records?.byteLength).toBeGreaterThan(0)
})

test('so does one in the rack of the leader, and any while the replica is fenced', async () => {
  const broker = await leading()
  const client = await broker.client()
  const change = { brokerId: other, brokerEpoch: 1, fenced: 1 }
  broker.tell(metadataRecord('BrokerRegistrationChangeRecord', change))
  expect((await fetchOne(client))?.preferredReadReplica).toBe(-1)
})

test('a follower serves what is committed, and the rest once it is', async () => {
  const [broker, partition] = await following(1)
  const client = await broker.client()
  const first = await fetchOne(client)
  expect(first).toMatchObject({ errorCode: 0, highWatermark: 1, preferredReadReplica: -1 })
  expect(first?.records?.byteLength).toBeGreaterThan(0)
  const waiting = fetchOne(client, { offset: 1 })
  await (await broker.client()).request('ApiVersions', 0, {})
  tell(partition, 2)
  const second = await waiting
  expect(second).toMatchObject({ errorCode: 0, highWatermark: 2 })
  expect(second?.records?.byteLength).toBeGreaterThan(0)
})

test('beyond that it has nothing yet, and behind its end nothing at all, as Kafka', async () => {
  const [broker] = await following(1)
  const client = await broker.client()
  const beyond = await fetchOne(client, { offset: 2, maxWaitMs: 0 })
  expect(beyond).toMatchObject({ errorCode: 0, highWatermark: 1 })
  const behind = await fetchOne(client, { offset: 3 })
  expect(behind).toMatchObject({ errorCode: errorCodes.OFFSET_OUT_OF_RANGE })
})

test('a follower knows leader epochs, and sends older clients to its leader', async () => {
  const [broker] = await following(2)
  const client = await broker.client()
  const { FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH, NOT_LEADER_OR_FOLLOWER } = errorCodes
  expect((await fetchOne(client, { epoch: 4 }))?.errorCode).toBe(FENCED_LEADER_EPOCH)
  expect((await fetchOne(client, { epoch: 6 }))?.errorCode).toBe(UNKNOWN_LEADER_EPOCH)
  expect((await fetchOne(client, { epoch: 5 }))?.errorCode).toBe(0)
  expect((await fetchOne(client, { version: 10 }))?.errorCode).toBe(NOT_LEADER_OR_FOLLOWER)
})

test('one that is no replica any more says who leads', async () => {
  const [broker] = await following(2)
  const waiting = fetchOne(await broker.client(), { offset: 2 })
  await (await broker.client()).request('ApiVersions', 0, {})
  const about = { topicId, partitionId: 0 }
  broker.tell(
    metadataRecord('PartitionChangeRecord', { ...about, replicas: [other], isr: [other] }),
  )
  expect(await waiting).toMatchObject({
    errorCode: errorCodes.NOT_LEADER_OR_FOLLOWER,
    currentLeader: { leaderId: other },
  })
})

test('where offsets are is asked of the leader', async () => {
  const [broker] = await following(2)
  const topics = [{ name: 'orders', partitions: [{ partitionIndex: 0, timestamp: -1 }] }]
  const request = { replicaId: -1, isolationLevel: 0, topics }
  const answer = await (await broker.client()).request('ListOffsets', 7, request)
  expect(answer.topics[0]?.partitions[0]?.errorCode).toBe(errorCodes.NOT_LEADER_OR_FOLLOWER)
})
