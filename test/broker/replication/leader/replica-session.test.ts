import { expect, test } from 'vitest'
import { metadataRecord } from '../../../../broker/metadata/records.ts'
import {
  encodeRequest,
  readOwnRequestBody,
  readRequest,
} from '../../../../broker/protocol/frames/request.ts'
import { ReplicaSession } from '../../../../broker/replication/leader/replica-session.ts'
import { realClock } from '../../../../lib/clock.ts'
import { bytesOf } from '../../log/log-support.ts'
import { uuid } from '../../metadata/support.ts'
import { produced, startPartitions } from '../../partition/support.ts'

const topicId = uuid(1)
const one = { acks: 1, timeoutMs: 5_000 } as const

test('a batch for which an answer has no room left comes with the next', {
  timeout: 5_000,
}, async () => {
  const { leaderOf, fetch } = await start()
  const value = 'x'.repeat(60_000)
  await leaderOf(0).append([produced(value)], one)
  await leaderOf(1).append([produced(value)], one)
  const first = await fetch([0, 1], { maxBytes: 100_000 })
  expect(first).toEqual([0])
  expect(await fetch([], { maxBytes: 100_000 })).toEqual([1])
})

async function start() {
  const own = await startPartitions({ nodeId: 1 })
  const partitions = [0, 1].map((partitionId) =>
    metadataRecord('PartitionRecord', {
      topicId,
      partitionId,
      replicas: [1, 2],
      isr: [1, 2],
      addingReplicas: [],
      removingReplicas: [],
      leader: 1,
      leaderEpoch: 5,
      partitionEpoch: 0,
    }),
  )
  own.tell(metadataRecord('TopicRecord', { name: 'orders', topicId }), ...partitions)
  const leaderOf = (index: number) => own.partitions.leaderForFollower(topicId, index)
  const session = new ReplicaSession({
    id: 1,
    brokerId: 2,
    brokerEpoch: -1,
    leaderOf: (_topicId, index) => leaderOf(index),
    clock: realClock,
  })
  /** @returns Of which partitions records came. */
  const fetch = async (indexes: readonly number[], { maxBytes }: { maxBytes: number }) => {
    const named = indexes.map((partition) => {
      const place = { currentLeaderEpoch: leaderOf(partition).leaderEpoch, fetchOffset: 0 }
      return { ...place, partition, lastFetchedEpoch: -1, partitionMaxBytes: maxBytes }
    })
    const topics = named.length === 0 ? [] : [{ topicId, partitions: named }]
    const body = { maxWaitMs: 0, minBytes: 1, maxBytes, topics }
    const head = { correlationId: 1, clientId: 'a' }
    const parts = encodeRequest('Fetch', 17, head, body)
    const frame = bytesOf({ parts, sizeBytes: 0 })
    const request = readOwnRequestBody('Fetch', readRequest(frame.subarray(4)))
    const answers = await session.fetch(request)
    return answers.flatMap((topic) =>
      (topic.partitions ?? []).map(({ partitionIndex }) => partitionIndex),
    )
  }
  return { leaderOf, fetch }
}
