import { type MetadataImage, topicNamed } from '../../../broker/metadata/image.ts'
import type { RequestOf, ResponseInputOf } from '../../../broker/protocol/apis.ts'
import { errorOf } from '../../../broker/protocol/error-of.ts'
import { KafkaError } from '../../../broker/protocol/errors.ts'
import { checkAssignment } from './assignments.ts'
import type { Decision } from './decision.ts'
import { fine } from './outcome.ts'
import type { IsLeaving } from './placement.ts'

type Request = Pick<
  RequestOf<'AlterPartitionReassignments'>,
  'topics' | 'allowReplicationFactorChange'
>
type Asked = Request['topics'][number]['partitions'][number]

/**
 * Moves partitions to other brokers, which cannot be done before there is replication: each stays
 * where it is. A partition fails alone (KIP-455).
 *
 * Source: ReplicationControlManager.alterPartitionReassignments.
 */
export function reassignPartitions(
  image: MetadataImage,
  { topics, allowReplicationFactorChange }: Request,
  isLeaving: IsLeaving,
): Decision<ResponseInputOf<'AlterPartitionReassignments'>> {
  const responses = topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map((asked) => {
      const { partitionIndex } = asked
      try {
        check(image, name, asked, isLeaving)
        return { partitionIndex, ...fine }
      } catch (error) {
        return { partitionIndex, ...errorOf(error) }
      }
    }),
  }))
  const response = { throttleTimeMs: 0, allowReplicationFactorChange, ...fine, responses }
  return { records: [], response }
}

/** @throws {KafkaError} Unless all is as it should be already. */
function check(
  image: MetadataImage,
  name: string,
  { partitionIndex, replicas }: Asked,
  isLeaving: IsLeaving,
): void {
  const topic = topicNamed(image, name)
  if (topic === undefined) {
    throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `Unable to find a topic named ${name}.`)
  }
  const { partitions } = topic
  if (partitionIndex < 0 || partitionIndex >= partitions.count) {
    const message = `Unable to find partition ${name}:${partitionIndex}.`
    throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', message)
  }
  if (replicas === null) {
    const message = `partition ${partitionIndex} of ${name} is not on its way anywhere`
    throw new KafkaError('NO_REASSIGNMENT_IN_PROGRESS', message)
  }
  const present = partitions.at(partitionIndex).replicas
  if (`${present}` === `${replicas}`) return
  checkAssignment(image, [replicas], isLeaving)
  const what = `partition ${partitionIndex} of ${name} stays on broker ${present}`
  const why = 'moving it needs replication, which is not there yet'
  throw new KafkaError('INVALID_REPLICA_ASSIGNMENT', `${what}: ${why}`)
}
