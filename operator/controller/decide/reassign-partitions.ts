import { type MetadataImage, type TopicImage, topicNamed } from '../../../broker/metadata/image.ts'
import type { MetadataRecord } from '../../../broker/metadata/records.ts'
import type { RequestOf, ResponseInputOf } from '../../../broker/protocol/apis.ts'
import type { Entries } from '../../../broker/protocol/config/topic-values.ts'
import { errorOf } from '../../../broker/protocol/error-of.ts'
import { KafkaError } from '../../../broker/protocol/errors.ts'
import { checkAssignment } from './assignments.ts'
import type { Decision } from './decision.ts'
import { fine } from './outcome.ts'
import { partitionChange } from './partition/change.ts'
import { type Assigned, isMoving, movedTo, takenBack } from './partition/reassignment.ts'
import { type RulesOf, rulesIn } from './partition/rules.ts'
import type { PlacementRules } from './placement.ts'
import { type AskedBy, checkOwner } from './topic-names.ts'

type Request = Pick<
  RequestOf<'AlterPartitionReassignments'>,
  'topics' | 'allowReplicationFactorChange'
>
type Asked = Request['topics'][number]['partitions'][number]
type Context = PlacementRules & { readonly brokerConfig: Entries; readonly by?: AskedBy }

/**
 * Moves partitions to other brokers, gives them more or fewer replicas, or takes such a move back. A
 * partition fails alone (KIP-455). How many replicas a topic of a Topic resource has is not for the protocol to say.
 *
 * Source: ReplicationControlManager.alterPartitionReassignments.
 */
export function reassignPartitions(
  image: MetadataImage,
  { topics, allowReplicationFactorChange }: Request,
  context: Context,
): Decision<ResponseInputOf<'AlterPartitionReassignments'>> {
  const records: MetadataRecord[] = []
  const rulesOf = rulesIn(image, context)
  const responses = topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map((asked) => {
      const { partitionIndex } = asked
      try {
        const topic = topicWith(image, name, partitionIndex)
        const assigned = wanted(image, topic, asked, { ...context, allowReplicationFactorChange })
        const record = assigned && changeOf(topic, partitionIndex, assigned, rulesOf)
        if (record !== undefined) records.push(record)
        return { partitionIndex, ...fine }
      } catch (error) {
        return { partitionIndex, ...errorOf(error) }
      }
    }),
  }))
  const response = { throttleTimeMs: 0, allowReplicationFactorChange, ...fine, responses }
  return { records, response }
}

/** @throws {KafkaError} UNKNOWN_TOPIC_OR_PARTITION. */
function topicWith(image: MetadataImage, name: string, partition: number): TopicImage {
  const topic = topicNamed(image, name)
  if (topic === undefined) {
    throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `Unable to find a topic named ${name}.`)
  }
  if (partition >= 0 && partition < topic.partitions.count) return topic
  throw new KafkaError(
    'UNKNOWN_TOPIC_OR_PARTITION',
    `Unable to find partition ${name}:${partition}.`,
  )
}

/** @returns Undefined where all is as it is asked for. @throws {KafkaError} Why it cannot be. */
function wanted(
  image: MetadataImage,
  topic: TopicImage,
  { partitionIndex, replicas }: Asked,
  context: Context & { allowReplicationFactorChange: boolean },
): Assigned | undefined {
  const { name, partitions } = topic
  const before = partitions.at(partitionIndex)
  const what = `partition ${partitionIndex} of ${name}`
  if (replicas === null) {
    if (!isMoving(before)) {
      throw new KafkaError('NO_REASSIGNMENT_IN_PROGRESS', `${what} is not on its way anywhere`)
    }
    const back = takenBack(before)
    if (before.isr.some((id) => back.replicas.includes(id))) return back
    const why = 'nobody who is in sync would be left'
    throw new KafkaError('INVALID_REPLICA_ASSIGNMENT', `${what} is not moved back: ${why}`)
  }
  if (!isMoving(before) && `${before.replicas}` === `${replicas}`) return undefined
  checkAssignment(image, [replicas], context)
  const copies = takenBack(before).replicas.length
  if (replicas.length !== copies && !context.allowReplicationFactorChange) {
    const message = `${what} has ${copies} replicas, and was not to be given ${replicas.length}`
    throw new KafkaError('INVALID_REPLICATION_FACTOR', message)
  }
  // Where they are is for whoever asks; how many there are is what a resource says.
  if (replicas.length !== copies) checkOwner(topic, context.by ?? 'protocol')
  return movedTo(before, replicas)
}

/** Who leaves the ISR with a move that is taken back, or shrinks, leaves with it. */
function changeOf(
  topic: TopicImage,
  partitionId: number,
  assigned: Assigned,
  rulesOf: RulesOf,
): MetadataRecord | undefined {
  const partition = topic.partitions.at(partitionId)
  const isr = partition.isr.filter((id) => assigned.replicas.includes(id))
  const at = { topicId: topic.id, partitionId }
  return partitionChange(at, partition, { isr, assigned }, rulesOf(topic))
}
