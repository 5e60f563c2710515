import {
  configOf,
  type MetadataImage,
  type TopicImage,
  topicNamed,
} from '../../broker/metadata/image.ts'
import type { RequestOf } from '../../broker/protocol/apis.ts'
import { configTypes } from '../../broker/protocol/config/resource-types.ts'
import type { Topic } from '../api/topic/topic.ts'
import { topicNameOf } from '../api/topic/topic-name.ts'
import { isOfSize } from '../controller/decide/resize-topic.ts'

/** One step that brings a topic nearer to what its resource says. */
export type TopicStep =
  | { readonly type: 'create'; readonly topic: NewTopic }
  /** The topic is there already, and nobody's: it becomes the resource's. */
  | { readonly type: 'own'; readonly topicId: string; readonly from: string | null }
  | { readonly type: 'set-replicas'; readonly name: string; readonly replicationFactor: number }
  | { readonly type: 'add-partitions'; readonly name: string; readonly count: number }
  | {
      readonly type: 'set-config'
      readonly name: string
      readonly changes: readonly ConfigChange[]
    }

/** What cannot be carried out, in words for the owner of the resource. */
export type TopicRefusal = { readonly reason: TopicRefusalReason; readonly message: string }
export type TopicRefusalReason = 'Conflict' | 'PartitionsShrinkForbidden' | 'InsufficientBrokers'

type NewTopic = RequestOf<'CreateTopics'>['topics'][number]
type ConfigChange = RequestOf<'IncrementalAlterConfigs'>['resources'][number]['configs'][number]

export type TopicPlan =
  | { readonly type: 'step'; readonly step: TopicStep }
  | { readonly type: 'refused'; readonly refusal: TopicRefusal }
  | { readonly type: 'converged'; readonly topic: TopicImage }

export type TopicFacts = {
  /** Of the resource. */
  readonly uid: string
  readonly image: MetadataImage
  /** Whether the uid is that of another resource which is there: its topic is not ours. */
  readonly isTaken: (uid: string) => boolean
  /** How many brokers its cluster is to have. */
  readonly brokers: number
}

/** The next step for a topic that has a resource. Pure: what is done is looked at anew. */
export function planTopic(
  { spec, metadata }: Topic,
  { uid, image, isTaken, brokers }: TopicFacts,
): TopicPlan {
  const name = topicNameOf({ spec, metadata })
  const topic = topicNamed(image, name)
  if (topic === undefined) {
    const { replicationFactor: copies = 1 } = spec
    if (copies > brokers) return tooMany(copies, brokers)
    return { type: 'step', step: { type: 'create', topic: newTopic(name, spec) } }
  }
  const { owner, partitions } = topic
  const ownerUid = owner?.origin === 'resource' ? owner.resourceUid : null
  if (ownerUid !== null && ownerUid !== uid && isTaken(ownerUid)) {
    const message = `topic ${name} is another resource's (uid ${ownerUid}): give this one another spec.topicName`
    return refused('Conflict', message)
  }
  if (spec.partitions < partitions.count) {
    const message = `spec.partitions: may become more, never fewer, found ${spec.partitions} where topic ${name} has ${partitions.count}`
    return refused('PartitionsShrinkForbidden', message)
  }
  const { replicationFactor } = spec
  const isResized = replicationFactor !== undefined && !isOfSize(topic, replicationFactor)
  if (isResized && replicationFactor > brokers) return tooMany(replicationFactor, brokers)
  if (ownerUid !== uid) {
    return { type: 'step', step: { type: 'own', topicId: topic.id, from: ownerUid } }
  }
  // Before there are more of them: what is added has as many replicas as the first one is to have.
  if (isResized) return { type: 'step', step: { type: 'set-replicas', name, replicationFactor } }
  if (spec.partitions > partitions.count) {
    return { type: 'step', step: { type: 'add-partitions', name, count: spec.partitions } }
  }
  const changes = configChanges(configOf(image, { type: configTypes.topic, name }), spec.config)
  if (changes.length > 0) return { type: 'step', step: { type: 'set-config', name, changes } }
  return { type: 'converged', topic }
}

function tooMany(replicationFactor: number, brokers: number): TopicPlan {
  const limit = `must be at most spec.brokers.replicas of its KafkaCluster, which is ${brokers}`
  const message = `spec.replicationFactor: ${limit}, found ${replicationFactor}`
  return refused('InsufficientBrokers', message)
}

function refused(reason: TopicRefusalReason, message: string): TopicPlan {
  return { type: 'refused', refusal: { reason, message } }
}

function newTopic(
  name: string,
  { partitions, replicationFactor, config }: Topic['spec'],
): NewTopic {
  return {
    name,
    numPartitions: partitions,
    replicationFactor: replicationFactor ?? -1, // that of the cluster
    assignments: [],
    configs: Object.entries(config).map(([key, value]) => ({ name: key, value })),
  }
}

/** A resource says all settings that its topic has: what it does not say has its default. */
function configChanges(
  now: ReadonlyMap<string, string>,
  wanted: Readonly<Record<string, string>>,
): ConfigChange[] {
  const set = Object.entries(wanted).filter(([name, value]) => now.get(name) !== value)
  const unset = [...now.keys()].filter((name) => !Object.hasOwn(wanted, name))
  return [
    ...set.map(([name, value]) => ({ name, configOperation: setOperation, value })),
    ...unset.map((name) => ({ name, configOperation: deleteOperation, value: null })),
  ]
}

/** Kafka's numbers of AlterConfigOp.OpType. */
const setOperation = 0
const deleteOperation = 1
