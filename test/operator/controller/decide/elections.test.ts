import { expect, test } from 'vitest'
import { applyRecords } from '../../../../broker/metadata/apply.ts'
import type { MetadataImage } from '../../../../broker/metadata/image.ts'
import { metadataRecord } from '../../../../broker/metadata/records.ts'
import { errorCodes } from '../../../../broker/protocol/generated/error-codes.ts'
import { electLeaders } from '../../../../operator/controller/decide/elect-leaders.ts'
import { reassignPartitions } from '../../../../operator/controller/decide/reassign-partitions.ts'
import { uuid } from '../../../broker/metadata/support.ts'
import { clusterOf, kafkaError, topic } from './support.ts'

const [preferred, unclean] = [0, 1]
const topicId = uuid(10)
const context = { isLeaving: () => false, brokerConfig: new Map() }
const cluster = applyRecords(clusterOf(1, 2), topic('t', topicId, [1, 2]))

/** Of partition 0, which has replicas on brokers 1 and 2 here. */
function replicated(change: { leader: number; isr: number[] }, fenced: number[] = []) {
  const replicas = { topicId, partitionId: 0, replicas: [1, 2] }
  const records = [metadataRecord('PartitionChangeRecord', { ...replicas, ...change })]
  const away = fenced.map((brokerId) => {
    const broker = { brokerId, brokerEpoch: 100 + brokerId }
    return metadataRecord('BrokerRegistrationChangeRecord', { ...broker, fenced: 1 })
  })
  return applyRecords(cluster, [...records, ...away])
}

/** @returns The code of each partition, and who leads partition 0 afterwards. */
function elect(
  image: MetadataImage,
  electionType: number,
  partitions: number[] | null,
  name = 't',
) {
  const topicPartitions = partitions && [{ topic: name, partitions }]
  const { records, response } = electLeaders(image, { electionType, topicPartitions }, new Map())
  const results = response.replicaElectionResults[0]?.partitionResult ?? []
  const codes = results.map(({ errorCode }) => errorCode)
  return { codes, partition: applyRecords(image, records).topics.get(topicId)?.partitions.at(0) }
}

test('who leads and is preferred stays, and is not answered where all were asked for', () => {
  expect(elect(cluster, preferred, [0, 1]).codes).toEqual([84, 84])
  expect(elect(cluster, unclean, [0]).codes).toEqual([errorCodes.ELECTION_NOT_NEEDED])
  expect(elect(cluster, preferred, null).codes).toEqual([])
})

test('the preferred leader gets back what another one leads, if it is there and in sync', () => {
  const back = elect(replicated({ leader: 2, isr: [2, 1] }), preferred, [0])
  expect(back).toMatchObject({ codes: [0], partition: { leader: 1, isr: [2, 1] } })
  const code = errorCodes.PREFERRED_LEADER_NOT_AVAILABLE
  expect(elect(replicated({ leader: 2, isr: [2] }), preferred, [0]).codes).toEqual([code])
  expect(elect(replicated({ leader: 2, isr: [2, 1] }, [1]), preferred, [0]).codes).toEqual([code])
})

test('an unclean election takes who is in sync first, then anybody with a replica', () => {
  const inSync = elect(replicated({ leader: -1, isr: [2] }), unclean, [0])
  expect(inSync).toMatchObject({ codes: [0], partition: { leader: 2, isr: [2] } })
  const behind = elect(replicated({ leader: -1, isr: [1] }, [1]), unclean, [0])
  const lost = { leader: 2, isr: [2], leaderRecoveryState: 'RECOVERING' }
  expect(behind).toMatchObject({ codes: [0], partition: lost })
  const nobody = elect(replicated({ leader: -1, isr: [1] }, [1, 2]), unclean, [0])
  expect(nobody.codes).toEqual([errorCodes.ELIGIBLE_LEADERS_NOT_AVAILABLE])
})

test('what is not there fails alone; an election that there is not is refused as a whole', () => {
  const { UNKNOWN_TOPIC_OR_PARTITION: unknown, ELECTION_NOT_NEEDED } = errorCodes
  expect(elect(cluster, preferred, [0, 9]).codes).toEqual([ELECTION_NOT_NEEDED, unknown])
  expect(elect(cluster, preferred, [0], 'nowhere').codes).toEqual([unknown])
  expect(() => elect(cluster, 7, [0])).toThrow(
    expect.objectContaining(kafkaError('INVALID_REQUEST')),
  )
})

test.each<[keyof typeof errorCodes, string, number, number[] | null]>([
  ['NONE', 't', 0, [1]],
  ['NO_REASSIGNMENT_IN_PROGRESS', 't', 0, null],
  ['UNKNOWN_TOPIC_OR_PARTITION', 'nowhere', 0, [1]],
  ['UNKNOWN_TOPIC_OR_PARTITION', 't', 9, null],
  ['INVALID_REPLICA_ASSIGNMENT', 't', 0, []],
  ['INVALID_REPLICA_ASSIGNMENT', 't', 0, [1, 1]],
  ['INVALID_REPLICA_ASSIGNMENT', 't', 0, [5]],
])('%s is answered to a move of %s-%i to %j', (code, name, partitionIndex, replicas) => {
  const topics = [{ name, partitions: [{ partitionIndex, replicas }] }]
  const request = { allowReplicationFactorChange: true, topics }
  const { records, response } = reassignPartitions(cluster, request, context)
  expect(records).toEqual([])
  expect(response).toMatchObject({ errorCode: 0 })
  expect(response.responses[0]?.partitions[0]?.errorCode).toBe(errorCodes[code])
})

test('how many replicas a topic of a resource has is not for the protocol to say; where they are is', () => {
  const owner = metadataRecord('TopicOwnerRecord', { topicId, origin: 0, resourceUid: 'uid' })
  const owned = applyRecords(cluster, [owner])
  const codeOf = (replicas: number[], by?: 'resource') => {
    const topics = [{ name: 't', partitions: [{ partitionIndex: 0, replicas }] }]
    const request = { allowReplicationFactorChange: true, topics }
    const own = by === undefined ? context : { ...context, by }
    const { response } = reassignPartitions(owned, request, own)
    return response.responses[0]?.partitions[0]?.errorCode
  }
  expect(codeOf([2])).toBe(0)
  expect(codeOf([1, 2])).toBe(errorCodes.POLICY_VIOLATION)
  expect(codeOf([1, 2], 'resource')).toBe(0)
})
