import { zeroUuid } from '../protocol/codec/uuid.ts'
import type { PartitionImage, PartitionTable } from './partition-table.ts'
import { PersistentMap } from './persistent-map.ts'

/**
 * What the metadata log says up to some offset. It is never changed: `applyRecords` makes another
 * one that shares all that stayed, so that old images stay as they were for whoever holds them
 * (the controller has two at once, committed and pending).
 */
export type MetadataImage = {
  /** Undefined before the first record. */
  readonly clusterId: string | undefined
  /** Of whom the last records came. Epoch 0, and all zeros, before the first controller. */
  readonly controller: ControllerEpoch
  /** Where each epoch began, the oldest first; the last is `controller`. At most `maxEpochs`. */
  readonly controllerEpochs: readonly ControllerEpoch[]
  /** Finalized levels by name, such as `metadata.version`. */
  readonly features: ReadonlyMap<string, number>
  readonly brokers: PersistentMap<number, BrokerImage>
  /** By id. */
  readonly topics: PersistentMap<string, TopicImage>
  /** By name. */
  readonly topicIds: PersistentMap<string, string>
  /** By `configKey`. */
  readonly configs: PersistentMap<string, ConfigImage>
  /** The oldest first, at most `maxRemovedTopics`: of older ones it is not known that they were. */
  readonly removedTopics: readonly RemovedTopic[]
  /** No producer id from here on was given out. */
  readonly nextProducerId: number
  /** No broker epoch up to this one may be given out again. */
  readonly highestBrokerEpoch: number
}

export type ControllerEpoch = {
  readonly epoch: number
  readonly incarnationId: string
  /** Of its first record. */
  readonly startOffset: number
}

export type BrokerImage = {
  readonly id: number
  readonly epoch: number
  /** Of its process: new at each start. */
  readonly incarnationId: string
  /** By the name of the listener. */
  readonly endpoints: ReadonlyMap<string, Endpoint>
  readonly features: ReadonlyMap<string, VersionRange>
  readonly rack: string | null
  /** Alive, but not to lead or to be told of. */
  readonly fenced: boolean
  readonly inControlledShutdown: boolean
  /** Ids of its data directories. */
  readonly directoryIds: readonly string[]
}

export type Endpoint = {
  readonly host: string
  readonly port: number
  /** Kafka's number: 0 PLAINTEXT, 1 SSL, 2 SASL_PLAINTEXT, 3 SASL_SSL. */
  readonly securityProtocol: number
}

/** Both inclusive. */
export type VersionRange = { readonly min: number; readonly max: number }

export type TopicImage = {
  readonly id: string
  readonly name: string
  /** Undefined until it is said. */
  readonly owner: TopicOwner | undefined
  readonly partitions: PartitionTable
}

export type TopicOwner = {
  readonly origin: 'resource' | 'protocol' | 'internal'
  /** Of its Topic resource. Null: not made yet, so that its absence means nothing. */
  readonly resourceUid: string | null
}

export type ConfigResource = {
  /** Kafka's number: 2 topic, 4 broker (an empty name: all of them), 32 group. */
  readonly type: number
  readonly name: string
}

export type ConfigImage = {
  readonly resource: ConfigResource
  readonly values: ReadonlyMap<string, string>
}

export type RemovedTopic = {
  readonly id: string
  readonly name: string
  /** The highest of its partitions. */
  readonly leaderEpoch: number
}

/** Ten takeovers a day are three months. Positions of brokers that are older cannot be judged. */
export const maxEpochs = 1_000

/** A broker that was away for more removals keeps their data as strays. 130 KB in a snapshot. */
export const maxRemovedTopics = 2_000

export const emptyImage: MetadataImage = {
  clusterId: undefined,
  controller: { epoch: 0, incarnationId: zeroUuid, startOffset: 0 },
  controllerEpochs: [],
  features: new Map(),
  brokers: new PersistentMap(),
  topics: new PersistentMap(),
  topicIds: new PersistentMap(),
  configs: new PersistentMap(),
  removedTopics: [],
  nextProducerId: 0,
  highestBrokerEpoch: -1,
}

export function topicNamed(image: MetadataImage, name: string): TopicImage | undefined {
  const id = image.topicIds.get(name)
  return id === undefined ? undefined : image.topics.get(id)
}

export function partitionOf(
  image: MetadataImage,
  { topicId, partition }: { topicId: string; partition: number },
): PartitionImage | undefined {
  const partitions = image.topics.get(topicId)?.partitions
  if (partitions === undefined || partition < 0 || partition >= partitions.count) return undefined
  return partitions.at(partition)
}

/** What is set for a resource; what is not set has its default elsewhere. */
export function configOf(
  image: MetadataImage,
  resource: ConfigResource,
): ReadonlyMap<string, string> {
  return image.configs.get(configKey(resource))?.values ?? noValues
}

export function configKey({ type, name }: ConfigResource): string {
  return `${type}:${name}`
}

const noValues: ReadonlyMap<string, string> = new Map()
