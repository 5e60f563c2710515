import type { MetadataImage } from '../../../broker/metadata/image.ts'
import { isInternalTopic } from '../../../broker/metadata/internal-topics.ts'
import type { MetadataRecord } from '../../../broker/metadata/records.ts'
import type { RequestOf, ResponseInputOf } from '../../../broker/protocol/apis.ts'
import { errorOf } from '../../../broker/protocol/error-of.ts'
import { KafkaError } from '../../../broker/protocol/errors.ts'
import { duplicates, onceEach } from '../../../lib/duplicates.ts'
import type { Random } from '../../../lib/random.ts'
import { checkAssignment, chosen } from './assignments.ts'
import { checkCount } from './create-topics.ts'
import type { Decision } from './decision.ts'
import { fine } from './outcome.ts'
import { targetOf } from './partition/reassignment.ts'
import { maxNewPartitions, partitionRecords } from './partition-records.ts'
import type { PlacementRules } from './placement.ts'
import { type AskedBy, checkOwner, topicCalled } from './topic-names.ts'

type Asked = RequestOf<'CreatePartitions'>['topics'][number]
type Context = PlacementRules & {
  readonly random: Random
  readonly by: AskedBy
}

/**
 * Adds partitions to topics, up to a count. One that cannot be given more fails alone.
 *
 * Source: ReplicationControlManager.createPartitions.
 */
export function createPartitions(
  image: MetadataImage,
  request: Pick<RequestOf<'CreatePartitions'>, 'topics' | 'validateOnly'>,
  context: Context,
): Decision<ResponseInputOf<'CreatePartitions'>> {
  const records: MetadataRecord[] = []
  const twice = duplicates(request.topics.map(({ name }) => name))
  let placesLeft = maxNewPartitions
  const results = onceEach(request.topics, ({ name }) => name).map((asked) => {
    const { name } = asked
    try {
      if (twice.has(name)) throw new KafkaError('INVALID_REQUEST', 'Duplicate topic name.')
      const added = addPartitions(image, asked, placesLeft, context)
      placesLeft -= added.length
      records.push(...added)
      return { name, ...fine }
    } catch (error) {
      return { name, ...errorOf(error) }
    }
  })
  const response = { throttleTimeMs: 0, results }
  return { records: request.validateOnly ? [] : records, response }
}

function addPartitions(
  image: MetadataImage,
  { name, count, assignments }: Asked,
  placesLeft: number,
  context: Context,
): MetadataRecord[] {
  const topic = topicCalled(image, name)
  const present = topic.partitions.count
  checkOwner(topic, context.by)
  if (isInternalTopic(name)) {
    const why = 'what is kept in them is found by that number'
    throw new KafkaError('INVALID_PARTITIONS', `${name} keeps its ${present} partition(s): ${why}`)
  }
  if (count === present) {
    throw new KafkaError('INVALID_PARTITIONS', `Topic already has ${present} partition(s).`)
  }
  if (count < present) {
    const message = `The topic ${name} currently has ${present} partition(s); ${count} would not be an increase.`
    throw new KafkaError('INVALID_PARTITIONS', message)
  }
  const added = count - present
  checkCount(added, placesLeft)
  if (assignments !== null && assignments.length !== added) {
    const message = `${added} partition(s) would be added, ${assignments.length} assignment(s) were given`
    throw new KafkaError('INVALID_REPLICA_ASSIGNMENT', message)
  }
  const replicationFactor = targetOf(topic.partitions.at(0)).length
  const assignment =
    assignments === null
      ? chosen(image, { count: added, replicationFactor, topic }, context)
      : assignments.map(({ brokerIds }) => brokerIds)
  if (assignments !== null) checkAssignment(image, assignment, context)
  return partitionRecords(image, { topicId: topic.id, first: present, leaderEpoch: 0 }, assignment)
}
