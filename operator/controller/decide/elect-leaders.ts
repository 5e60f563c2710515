import { type MetadataImage, type TopicImage, topicNamed } from '../../../broker/metadata/image.ts'
import type { PartitionImage } from '../../../broker/metadata/partition-table.ts'
import type { MetadataRecord } from '../../../broker/metadata/records.ts'
import type { RequestOf, ResponseInputOf } from '../../../broker/protocol/apis.ts'
import type { Entries } from '../../../broker/protocol/config/topic-values.ts'
import { errorOf } from '../../../broker/protocol/error-of.ts'
import { KafkaError } from '../../../broker/protocol/errors.ts'
import type { Decision } from './decision.ts'
import { fine, type Outcome } from './outcome.ts'
import { partitionChange } from './partition/change.ts'
import { type Election, noLeader } from './partition/elect.ts'
import { type RulesOf, rulesIn } from './partition/rules.ts'

type Request = Pick<RequestOf<'ElectLeaders'>, 'electionType' | 'topicPartitions'>
type AskedElection = Exclude<Election, 'any'>
type Result = Outcome & { readonly partitionId: number }

/**
 * Has partitions led by the first of their replicas, or (an unclean election) by anyone who has a
 * replica where nobody leads: whoever asks for that accepts that acknowledged records are lost. A
 * partition that cannot be fails alone. Of all partitions only those are answered that had to be
 * elected for.
 *
 * @throws {KafkaError} INVALID_REQUEST. Source: ReplicationControlManager.electLeaders.
 */
export function electLeaders(
  image: MetadataImage,
  { electionType, topicPartitions }: Request,
  brokerConfig: Entries,
): Decision<ResponseInputOf<'ElectLeaders'>> {
  const election = elections[electionType]
  if (election === undefined) {
    throw new KafkaError('INVALID_REQUEST', `Unknown election type ${electionType}`)
  }
  const records: MetadataRecord[] = []
  const rulesOf = rulesIn(image, { brokerConfig })
  const elect = (topic: string, partitionId: number): Result => {
    try {
      records.push(elected(topicNamed(image, topic), { topic, partitionId }, { election, rulesOf }))
      return { partitionId, ...fine }
    } catch (error) {
      return { partitionId, ...errorOf(error) }
    }
  }
  const replicaElectionResults =
    topicPartitions === null
      ? Array.from(image.topics.values(), ({ name: topic, partitions }) => ({
          topic,
          partitionResult: indexes(partitions.count)
            .filter((partitionId) => isNeeded(election, partitions.at(partitionId)))
            .map((partitionId) => elect(topic, partitionId)),
        }))
      : topicPartitions.map(({ topic, partitions }) => ({
          topic,
          partitionResult: partitions.map((partitionId) => elect(topic, partitionId)),
        }))
  return { records, response: { throttleTimeMs: 0, errorCode: 0, replicaElectionResults } }
}

/** By Kafka's numbers. */
const elections: readonly AskedElection[] = ['preferred', 'unclean']

/** @throws {KafkaError} Why nobody is elected. */
function elected(
  known: TopicImage | undefined,
  { topic, partitionId }: { topic: string; partitionId: number },
  { election, rulesOf }: { election: AskedElection; rulesOf: RulesOf },
): MetadataRecord {
  if (known === undefined) {
    throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `No such topic as ${topic}`)
  }
  const { id: topicId, partitions } = known
  if (partitionId < 0 || partitionId >= partitions.count) {
    const message = `No such partition as ${topic}-${partitionId}`
    throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', message)
  }
  const partition = partitions.at(partitionId)
  if (!isNeeded(election, partition)) {
    const message = 'Leader election not needed for topic partition.'
    throw new KafkaError('ELECTION_NOT_NEEDED', message)
  }
  const rules = rulesOf(known)
  const [first = noLeader] = partition.replicas
  const change = partitionChange({ topicId, partitionId }, partition, { election }, rules)
  if (election === 'preferred' && change?.leader !== first) {
    const message = `broker ${first}, the preferred leader, is not there or not in sync`
    throw new KafkaError('PREFERRED_LEADER_NOT_AVAILABLE', message)
  }
  if (change === undefined) {
    const message = 'none of the brokers that have a replica is there'
    throw new KafkaError('ELIGIBLE_LEADERS_NOT_AVAILABLE', message)
  }
  return change
}

function isNeeded(election: AskedElection, { leader, replicas }: PartitionImage): boolean {
  return election === 'preferred' ? leader !== (replicas[0] ?? -1) : leader < 0
}

function indexes(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index)
}
