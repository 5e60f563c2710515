import { expect, test } from 'vitest'
import { encodeResponse } from '../../../broker/protocol/frames/response.ts'
import { describeQuorum } from '../../../operator/controller/describe-quorum.ts'
import { clusterOf } from './decide/support.ts'

const state = {
  image: clusterOf(1, 2),
  endOffset: 20,
  nowMs: 5_000,
  heard: new Map([
    [1, { endOffset: 20, atMs: 4_900 }],
    [2, { endOffset: 17, atMs: 4_800 }],
  ]),
}

function ask(topicName: string, version = 2) {
  const topics = [{ topicName, partitions: [{ partitionIndex: 0 }] }]
  const answer = describeQuorum({ topics }, version, state)
  return { answer, partition: answer.topics[0]?.partitions[0] }
}

test('the controller votes alone, and brokers are told of with what they have applied', () => {
  const { partition } = ask('__cluster_metadata')
  expect(partition).toMatchObject({ errorCode: 0, highWatermark: 20 })
  expect(partition?.currentVoters).toMatchObject([{ replicaId: partition?.leaderId }])
  expect(partition?.observers).toMatchObject([
    { replicaId: 1, logEndOffset: 20, lastFetchTimestamp: 4_900, lastCaughtUpTimestamp: 4_900 },
    { replicaId: 2, logEndOffset: 17, lastFetchTimestamp: 4_800, lastCaughtUpTimestamp: -1 },
  ])
})

test.each([0, 1, 2])('it can be answered in version %i', (version) => {
  const { answer } = ask('__cluster_metadata', version)
  expect(() => encodeResponse('DescribeQuorum', version, 1, answer)).not.toThrow()
})

test('no other topic has a quorum', () => {
  expect(ask('orders').partition).toMatchObject({ errorCode: 3, currentVoters: [] })
})
