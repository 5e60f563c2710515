import { applyRecords } from '../../../broker/metadata/apply.ts'
import type { MetadataImage, TopicOwner } from '../../../broker/metadata/image.ts'
import { topicConfigType } from '../../../broker/metadata/image.ts'
import { type MetadataRecord, metadataRecord } from '../../../broker/metadata/records.ts'
import type { RequestOf, ResponseInputOf } from '../../../broker/protocol/apis.ts'
import { checkTopicSettings } from '../../../broker/protocol/config/check-settings.ts'
import { configSources, parseTopicConfig } from '../../../broker/protocol/config/topic-values.ts'
import { KafkaError } from '../../../broker/protocol/errors.ts'
import { errorCodes } from '../../../broker/protocol/generated/error-codes.ts'
import type { Decision } from './decision.ts'
import { placePartitions } from './placement.ts'
import { checkTopicName } from './topic-name.ts'

type Asked = RequestOf<'CreateTopics'>['topics'][number]
type Answer = ResponseInputOf<'CreateTopics'>['topics'][number]

export type CreateTopicsContext = {
  /** `num.partitions` and `default.replication.factor`, for who says -1. */
  readonly defaults: { readonly numPartitions: number; readonly replicationFactor: number }
  readonly newTopicId: () => string
  readonly owner: TopicOwner
}

/** Makes topics, each on its own: one that is refused does not keep others from being made. */
export function createTopics(
  image: MetadataImage,
  { topics, validateOnly }: Pick<RequestOf<'CreateTopics'>, 'topics' | 'validateOnly'>,
  context: CreateTopicsContext,
): Decision<Answer[]> {
  const records: MetadataRecord[] = []
  let after = image
  const twice = namesAskedTwice(topics)
  const response = topics.map((asked): Answer => {
    try {
      if (twice.has(asked.name)) {
        throw new KafkaError('INVALID_REQUEST', `topic ${asked.name} is asked for twice`)
      }
      const { records: own, answer } = createTopic(after, asked, context)
      if (!validateOnly) {
        records.push(...own)
        after = applyRecords(after, own)
      }
      return answer
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      const { message: errorMessage, code } = error
      return { name: asked.name, errorCode: errorCodes[code], errorMessage }
    }
  })
  return { records, response }
}

function createTopic(
  image: MetadataImage,
  asked: Asked,
  { defaults, newTopicId, owner }: CreateTopicsContext,
): { records: MetadataRecord[]; answer: Answer } {
  const { name } = asked
  checkTopicName(image, name)
  const entries = entriesOf(asked)
  for (const problem of checkTopicSettings(entries)) {
    throw new KafkaError('INVALID_CONFIG', `${problem.name} ${problem.message}`)
  }
  const leaders = leadersOf(image, asked, defaults)
  const topicId = newTopicId()
  const removed = image.removedTopics.findLast((topic) => topic.name === name)
  // Above all of a topic of that name that was removed: who still knows that one must not win.
  const leaderEpoch = removed === undefined ? 0 : removed.leaderEpoch + 1
  const records = [
    metadataRecord('TopicRecord', { name, topicId }),
    metadataRecord('TopicOwnerRecord', {
      topicId,
      origin: owner.origin === 'resource' ? 0 : 1,
      resourceUid: owner.resourceUid,
    }),
    ...leaders.map((leader, partitionId) => {
      const replicas = [leader]
      const epochs = { leaderEpoch, partitionEpoch: 0 }
      const lists = { replicas, isr: replicas, addingReplicas: [], removingReplicas: [] }
      return metadataRecord('PartitionRecord', {
        topicId,
        partitionId,
        leader,
        ...lists,
        ...epochs,
      })
    }),
    ...[...entries].map(([key, value]) =>
      metadataRecord('ConfigRecord', {
        resourceType: topicConfigType,
        resourceName: name,
        name: key,
        value,
      }),
    ),
  ]
  const answer = {
    name,
    topicId,
    errorCode: 0,
    errorMessage: null,
    numPartitions: leaders.length,
    replicationFactor: 1,
    configs: Object.entries(parseTopicConfig(entries)).map(([key, { text, source }]) => ({
      name: key,
      value: text,
      readOnly: false,
      configSource: configSources[source],
      isSensitive: false,
    })),
  }
  return { records, answer }
}

/** The broker of each partition. */
function leadersOf(
  image: MetadataImage,
  asked: Asked,
  defaults: CreateTopicsContext['defaults'],
): number[] {
  if (asked.assignments.length > 0) return assigned(image, asked)
  const count = asked.numPartitions === -1 ? defaults.numPartitions : asked.numPartitions
  if (count <= 0 || count > mostPartitions) {
    const what = `a topic has 1 to ${mostPartitions} partitions, not ${count}`
    throw new KafkaError('INVALID_PARTITIONS', what)
  }
  const factor =
    asked.replicationFactor === -1 ? defaults.replicationFactor : asked.replicationFactor
  checkReplicationFactor(factor)
  const leaders = placePartitions(image, count)
  if (leaders === undefined) {
    throw new KafkaError(
      'INVALID_REPLICATION_FACTOR',
      'no broker is there that could hold a replica',
    )
  }
  return leaders
}

function checkReplicationFactor(factor: number): void {
  if (factor === 1) return
  const why = factor > 1 ? 'replication is not there yet: only 1 works' : 'it is at least 1'
  throw new KafkaError('INVALID_REPLICATION_FACTOR', `a replication factor of ${factor}: ${why}`)
}

function assigned(image: MetadataImage, asked: Asked): number[] {
  const { assignments, numPartitions, replicationFactor } = asked
  if (numPartitions !== -1 || replicationFactor !== -1) {
    const what = 'partitions and replication factor are -1 where replicas are assigned'
    throw new KafkaError('INVALID_REQUEST', what)
  }
  const byPartition = assignments.toSorted((a, b) => a.partitionIndex - b.partitionIndex)
  return byPartition.map(({ partitionIndex, brokerIds }, index) => {
    const bad = (what: string) => new KafkaError('INVALID_REPLICA_ASSIGNMENT', what)
    if (partitionIndex !== index) throw bad('partitions are assigned from 0 on, each once')
    const [brokerId] = brokerIds
    if (brokerId === undefined) throw bad(`partition ${index} is assigned to nobody`)
    checkReplicationFactor(brokerIds.length)
    if (image.brokers.get(brokerId) === undefined) throw bad(`there is no broker ${brokerId}`)
    return brokerId
  })
}

function entriesOf({ configs }: Asked): Map<string, string> {
  return new Map(
    configs.map(({ name, value }) => {
      if (value !== null) return [name, value]
      throw new KafkaError('INVALID_CONFIG', `${name} has no value`)
    }),
  )
}

function namesAskedTwice(topics: readonly Asked[]): ReadonlySet<string> {
  const names = topics.map(({ name }) => name)
  return new Set(names.filter((name, index) => names.indexOf(name) !== index))
}

/** As many directories a broker opens at a start in about two seconds. */
const mostPartitions = 10_000
