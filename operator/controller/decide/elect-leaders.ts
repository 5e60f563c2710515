import { recoveryStates } from '../../../broker/metadata/apply-topics.ts'
import { type MetadataImage, type TopicImage, topicNamed } from '../../../broker/metadata/image.ts'
import type { PartitionImage } from '../../../broker/metadata/partition-table.ts'
import { type MetadataRecord, metadataRecord } from '../../../broker/metadata/records.ts'
import type { RequestOf, ResponseInputOf } from '../../../broker/protocol/apis.ts'
import { errorOf } from '../../../broker/protocol/error-of.ts'
import { KafkaError } from '../../../broker/protocol/errors.ts'
import type { Decision } from './decision.ts'
import { fine, type Outcome } from './outcome.ts'
import { usableBrokers } from './placement.ts'

type Request = Pick<RequestOf<'ElectLeaders'>, 'electionType' | 'topicPartitions'>
type Election = 'PREFERRED' | 'UNCLEAN'
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
): Decision<ResponseInputOf<'ElectLeaders'>> {
  const election = elections[electionType]
  if (election === undefined) {
    throw new KafkaError('INVALID_REQUEST', `Unknown election type ${electionType}`)
  }
  const records: MetadataRecord[] = []
  const active = new Set(usableBrokers(image, () => false))
  const elect = (topic: string, partitionId: number): Result => {
    try {
      records.push(elected(topicNamed(image, topic), { topic, partitionId }, { election, active }))
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
const elections: readonly Election[] = ['PREFERRED', 'UNCLEAN']

/** @throws {KafkaError} Why nobody is elected. */
function elected(
  known: TopicImage | undefined,
  { topic, partitionId }: { topic: string; partitionId: number },
  { election, active }: { election: Election; active: ReadonlySet<number> },
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
  const change = election === 'PREFERRED' ? preferred(partition, active) : any(partition, active)
  return metadataRecord('PartitionChangeRecord', { topicId, partitionId, ...change })
}

function isNeeded(election: Election, { leader, replicas }: PartitionImage): boolean {
  return election === 'PREFERRED' ? leader !== (replicas[0] ?? -1) : leader < 0
}

function preferred({ replicas, isr }: PartitionImage, active: ReadonlySet<number>) {
  const [first = -1] = replicas
  if (active.has(first) && isr.includes(first)) return { leader: first }
  const message = `broker ${first}, the preferred leader, is not there or not in sync`
  throw new KafkaError('PREFERRED_LEADER_NOT_AVAILABLE', message)
}

function any({ replicas, isr }: PartitionImage, active: ReadonlySet<number>) {
  const inSync = replicas.find((id) => active.has(id) && isr.includes(id))
  if (inSync !== undefined) return { leader: inSync }
  const there = replicas.find((id) => active.has(id))
  if (there !== undefined) {
    const leaderRecoveryState = recoveryStates.indexOf('RECOVERING')
    return { leader: there, isr: [there], leaderRecoveryState }
  }
  const message = 'none of the brokers that have a replica is there'
  throw new KafkaError('ELIGIBLE_LEADERS_NOT_AVAILABLE', message)
}

function indexes(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index)
}
