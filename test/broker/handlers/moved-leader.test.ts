import { expect, test } from 'vitest'
import { metadataRecord } from '../../../broker/metadata/records.ts'
import type { ClientConnection } from '../../../broker/net/client-connection.ts'
import { errorCodes } from '../../../broker/protocol/generated/error-codes.ts'
import { uuid } from '../metadata/support.ts'
import { nodeId, produced } from '../partition/support.ts'
import { startBroker, type TestBroker } from './support.ts'

const other = 7
const topicId = uuid(1)

/** A broker that leads `orders`, and another that is in sync, but of which nothing was heard yet. */
async function withFollower(): Promise<TestBroker> {
  const broker = await startBroker()
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
      leader: nodeId,
      leaderEpoch: 5,
      partitionEpoch: 0,
    }),
  )
  return broker
}

function produce(client: ClientConnection, version: number) {
  const partitionData = [{ index: 0, records: produced('a') }]
  const topicData = [{ name: 'orders', topicId, partitionData }]
  return client.request('Produce', version, { acks: -1, timeoutMs: 10_000, topicData })
}

function fetch(client: ClientConnection, version: number) {
  const partition = { partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000 }
  const partitions = [{ ...partition, currentLeaderEpoch: 5 }]
  const topics = [{ topic: 'orders', topicId, partitions }]
  const request = { maxWaitMs: 10_000, minBytes: 1, topics, forgottenTopicsData: [] }
  return client.request('Fetch', version, request)
}

/** All that was sent before it has been handled by then. */
async function settle(client: ClientConnection): Promise<void> {
  await client.request('ApiVersions', 0, {})
}

const elected = metadataRecord('PartitionChangeRecord', { topicId, partitionId: 0, leader: other })
const currentLeader = { leaderId: other, leaderEpoch: 6 }
const nodeEndpoints = [{ nodeId: other, host: 'other', port: 9_092, rack: 'b' }]

test.each([10, 13])(
  'a producer that waits for followers hears in Produce %i who leads now',
  async (version) => {
    const broker = await withFollower()
    const waiting = produce(await broker.client(), version)
    await settle(await broker.client())
    expect(broker.partitions.leaderOf({ topicId, name: '' }, 0).log.nextOffset).toBe(1)
    broker.tell(elected)
    const answer = await waiting
    expect(answer.responses[0]?.partitionResponses[0]).toMatchObject({
      errorCode: errorCodes.NOT_LEADER_OR_FOLLOWER,
      currentLeader,
    })
    expect(answer.nodeEndpoints).toEqual(nodeEndpoints)
  },
)

test('so does a consumer that waits for records, in Fetch 16', async () => {
  const broker = await withFollower()
  const waiting = fetch(await broker.client(), 16)
  await settle(await broker.client())
  broker.tell(elected)
  const answer = await waiting
  // What was its leader follows, and would serve who knows of that.
  expect(answer.responses[0]?.partitions[0]).toMatchObject({
    errorCode: errorCodes.FENCED_LEADER_EPOCH,
    currentLeader,
  })
  expect(answer.nodeEndpoints).toEqual(nodeEndpoints)
})

test('one that waits for followers hears that the topic was deleted', async () => {
  const broker = await withFollower()
  const [byName, byId] = [9, 13].map(async (version) => produce(await broker.client(), version))
  await settle(await broker.client())
  broker.tell(metadataRecord('RemoveTopicRecord', { topicId }))
  const { UNKNOWN_TOPIC_OR_PARTITION, UNKNOWN_TOPIC_ID } = errorCodes
  const codeOf = async (answer: typeof byName) =>
    (await answer)?.responses[0]?.partitionResponses[0]?.errorCode
  expect(await codeOf(byName)).toBe(UNKNOWN_TOPIC_OR_PARTITION)
  expect(await codeOf(byId)).toBe(UNKNOWN_TOPIC_ID)
  expect(broker.fatal).toEqual([])
})
