import { topicOrigins } from '../../../broker/metadata/apply-topics.ts'
import type { MetadataImage, TopicOwner } from '../../../broker/metadata/image.ts'
import { isInternalTopic } from '../../../broker/metadata/internal-topics.ts'
import { type MetadataRecord, metadataRecord } from '../../../broker/metadata/records.ts'
import type { RequestOf, ResponseInputOf } from '../../../broker/protocol/apis.ts'
import { zeroUuid } from '../../../broker/protocol/codec/uuid.ts'
import { brokerValue } from '../../../broker/protocol/config/broker-value.ts'
import { configTypes } from '../../../broker/protocol/config/resource-types.ts'
import type { Entries } from '../../../broker/protocol/config/topic-values.ts'
import { errorOf } from '../../../broker/protocol/error-of.ts'
import { KafkaError } from '../../../broker/protocol/errors.ts'
import { duplicates, onceEach } from '../../../lib/duplicates.ts'
import type { Random } from '../../../lib/random.ts'
import { newUuid } from '../new-uuid.ts'
import { type Assignment, checkAssignment, chosen } from './assignments.ts'
import { brokerLayers, describedConfig, givenConfig } from './config-values.ts'
import type { Decision } from './decision.ts'
import { fine } from './outcome.ts'
import { maxNewPartitions, partitionRecords } from './partition-records.ts'
import type { PlacementRules } from './placement.ts'
import { checkNewName, TakenNames } from './topic-names.ts'

type NewTopic = RequestOf<'CreateTopics'>['topics'][number]
type Result = NonNullable<ResponseInputOf<'CreateTopics'>['topics']>[number]

export type CreateTopicsContext = PlacementRules & {
  readonly random: Random
  /** Who makes them; a topic that brokers keep for themselves is internal, whoever asks. */
  readonly owner: TopicOwner
  /** Settings of all brokers, by Kafka's names, as they were started. */
  readonly brokerConfig: Entries
}

/**
 * Makes topics. One that cannot be made fails alone.
 *
 * Source: ReplicationControlManager.createTopics, whose words are used where tools show them.
 */
export function createTopics(
  image: MetadataImage,
  request: Pick<RequestOf<'CreateTopics'>, 'topics' | 'validateOnly'>,
  context: CreateTopicsContext,
): Decision<ResponseInputOf<'CreateTopics'>> {
  const records: MetadataRecord[] = []
  const topics: Result[] = []
  const taken = new TakenNames(image)
  const twice = duplicates(request.topics.map(({ name }) => name))
  const count = request.topics.reduce((sum, topic) => sum + countOf(topic, context), 0)
  for (const topic of onceEach(request.topics, ({ name }) => name)) {
    const { name } = topic
    try {
      checkCount(count, maxNewPartitions) // of all together, or none is made
      if (twice.has(name)) throw new KafkaError('INVALID_REQUEST', 'Duplicate topic name.')
      checkNewName(name, image, taken)
      const made = createTopic(image, topic, context)
      taken.add(name)
      records.push(...made.records)
      topics.push({
        name,
        ...fine,
        topicId: request.validateOnly ? zeroUuid : made.topicId,
        numPartitions: made.assignment.length,
        replicationFactor: made.assignment[0]?.length ?? -1,
        configs: describedConfig(made.config, image, context.brokerConfig),
      })
    } catch (error) {
      topics.push({ name, ...errorOf(error), configs: [] })
    }
  }
  const response = { throttleTimeMs: 0, topics }
  return { records: request.validateOnly ? [] : records, response }
}

function createTopic(image: MetadataImage, topic: NewTopic, context: CreateTopicsContext) {
  const { name } = topic
  const assignment = assignmentOf(image, topic, context)
  const config = withMinInSync(givenConfig(topic.configs), image, { name, assignment, context })
  const topicId = newUuid(context.random)
  // Whoever still has data of a topic of that name knows by the epoch that this is another one.
  const removed = image.removedTopics.findLast((other) => other.name === name)
  const leaderEpoch = removed === undefined ? 0 : removed.leaderEpoch + 1
  const { origin, resourceUid } = isInternalTopic(name) ? internal : context.owner
  const records = [
    metadataRecord('TopicRecord', { name, topicId }),
    ...[...config].map(([key, value]) =>
      metadataRecord('ConfigRecord', {
        resourceType: configTypes.topic,
        resourceName: name,
        name: key,
        value,
      }),
    ),
    ...partitionRecords(image, { topicId, first: 0, leaderEpoch }, assignment),
    metadataRecord('TopicOwnerRecord', {
      topicId,
      origin: topicOrigins.indexOf(origin),
      resourceUid,
    }),
  ]
  return { topicId, config, assignment, records }
}

/**
 * What brokers keep for themselves survives the loss of a broker: with three replicas two have a
 * record before it counts, unless somebody says how many. As Kafka has it for transactions.
 */
function withMinInSync(
  given: Map<string, string>,
  image: MetadataImage,
  about: { name: string; assignment: Assignment; context: CreateTopicsContext },
): Map<string, string> {
  const { name, assignment, context } = about
  const isSaid = [{ entries: given }, ...brokerLayers(image, context.brokerConfig)].some(
    ({ entries }) => entries.has(minInSyncSetting),
  )
  const isEnough = assignment.every(({ length }) => length >= 3)
  if (!isInternalTopic(name) || isSaid || !isEnough) return given
  return new Map([...given, [minInSyncSetting, '2']])
}

const minInSyncSetting = 'min.insync.replicas'

const internal: TopicOwner = { origin: 'internal', resourceUid: null }

function assignmentOf(
  image: MetadataImage,
  topic: NewTopic,
  context: Omit<CreateTopicsContext, 'owner'>,
): Assignment {
  const { brokerConfig } = context
  const { numPartitions, replicationFactor, assignments } = topic
  if (assignments.length > 0) return manualAssignment(image, topic, context)
  if (replicationFactor < -1 || replicationFactor === 0) {
    const message = 'Replication factor must be larger than 0, or -1 to use the default value.'
    throw new KafkaError('INVALID_REPLICATION_FACTOR', message)
  }
  if (numPartitions < -1 || numPartitions === 0) {
    const message = 'Number of partitions was set to an invalid non-positive value.'
    throw new KafkaError('INVALID_PARTITIONS', message)
  }
  const byDefault = brokerValue('default.replication.factor', brokerConfig)
  const copies = replicationFactor === -1 ? byDefault : replicationFactor
  const count = numPartitions === -1 ? brokerValue('num.partitions', brokerConfig) : numPartitions
  return chosen(image, { count, replicationFactor: copies }, context)
}

function manualAssignment(
  image: MetadataImage,
  { numPartitions, replicationFactor, assignments }: NewTopic,
  rules: PlacementRules,
): Assignment {
  const given = 'A manual partition assignment was specified, but'
  if (replicationFactor !== -1) {
    throw new KafkaError('INVALID_REQUEST', `${given} replication factor was not set to -1.`)
  }
  if (numPartitions !== -1) {
    throw new KafkaError('INVALID_REQUEST', `${given} numPartitions was not set to -1.`)
  }
  const inOrder = assignments.toSorted((a, b) => a.partitionIndex - b.partitionIndex)
  for (const [index, { partitionIndex }] of inOrder.entries()) {
    if (partitionIndex === index) continue
    const message = `partitions must be numbered from 0 on, each once: ${index} is not there once`
    throw new KafkaError('INVALID_REPLICA_ASSIGNMENT', message)
  }
  const assignment = inOrder.map(({ brokerIds }) => brokerIds)
  checkAssignment(image, assignment, rules)
  return assignment
}

/** How many partitions a topic asks for. */
function countOf(
  { numPartitions, assignments }: NewTopic,
  { brokerConfig }: CreateTopicsContext,
): number {
  if (assignments.length > 0) return assignments.length
  return numPartitions === -1
    ? brokerValue('num.partitions', brokerConfig)
    : Math.max(0, numPartitions)
}

export function checkCount(count: number, placesLeft: number): void {
  if (count <= placesLeft) return
  const most = `at most ${maxNewPartitions} of one request`
  throw new KafkaError('POLICY_VIOLATION', `Excessively large number of partitions: ${most}.`)
}
