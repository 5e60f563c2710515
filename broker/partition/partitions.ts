import type { Clock } from '../../lib/clock.ts'
import type { DataDirectory } from '../log/data-directory/data-directory.ts'
import type { LogConfig } from '../log/log-config.ts'
import type { Flusher } from '../log/maintenance/flusher.ts'
import type { MaintainedLog } from '../log/maintenance/maintained-log.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import type { StorageError } from '../log/storage-error.ts'
import {
  emptyImage,
  type MetadataImage,
  type TopicImage,
  topicConfigType,
  topicNamed,
} from '../metadata/image.ts'
import type { ImageChanges, TopicChange } from '../metadata/image-changes.ts'
import { KafkaError } from '../protocol/errors.ts'
import { logConfigOf } from './log-config-of.ts'
import { Partition } from './partition.ts'
import { asKafkaError } from './storage-problem.ts'
import { TopicDeletions } from './topic-deletions.ts'
import { type ThisBroker, topicSettings } from './topic-settings.ts'

export type PartitionsOptions = ThisBroker & {
  readonly dataDirectory: DataDirectory
  readonly flusher: Pick<Flusher, 'appended'>
  readonly clock: Clock
  /** Logs of a removed topic could not be deleted. */
  readonly onDeletionFailed: (error: StorageError) => void
  readonly onFatal: (error: unknown) => void
}

/** A topic as a request names it: by its id since some version of each, by its name before. */
export type TopicKey = { readonly name: string } | { readonly id: string }

/** What a topic's settings make of its partitions. */
type TopicLimits = { readonly log: LogConfig; readonly minInsyncReplicas: number }

/**
 * The partitions of which this broker has a replica, as the metadata log says. Of most nothing is kept
 * here: whether it leads one is looked up in the image, and a `Partition` is made when one is used
 * first, or where its log was found on the disk.
 */
export class Partitions {
  private readonly options: PartitionsOptions
  private readonly deletions: TopicDeletions
  private image: MetadataImage = emptyImage
  private hasImage = false
  private isStopped = false
  /** By topic id, then by number. */
  private readonly made = new Map<string, Map<number, Partition>>()
  /** By the name of the topic; those of topics that are used. */
  private readonly limits = new Map<string, TopicLimits>()

  constructor(options: PartitionsOptions) {
    this.options = options
    this.deletions = new TopicDeletions({ ...options, onFailed: options.onDeletionFailed })
  }

  /** First with all that there is, then with what has changed. */
  apply(changes: ImageChanges, image: MetadataImage): void {
    this.image = image
    this.applySettings(changes)
    for (const change of changes.topics) this.applyTopic(change)
    if (!this.hasImage) this.adopt()
    this.hasImage = true
  }

  /** @throws {KafkaError} UNKNOWN_TOPIC_OR_PARTITION, UNKNOWN_TOPIC_ID */
  topic(key: TopicKey): TopicImage {
    if ('id' in key) {
      const topic = this.image.topics.get(key.id)
      if (topic !== undefined) return topic
      throw new KafkaError('UNKNOWN_TOPIC_ID', `there is no topic with the id ${key.id}`)
    }
    const topic = topicNamed(this.image, key.name)
    if (topic !== undefined) return topic
    throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `there is no topic ${key.name}`)
  }

  /**
   * The partition, if this broker leads it.
   *
   * @param currentLeaderEpoch Which epoch the client knows of; -1 if it does not say (KIP-320).
   * @throws {KafkaError} UNKNOWN_TOPIC_OR_PARTITION, UNKNOWN_TOPIC_ID, FENCED_LEADER_EPOCH,
   *   UNKNOWN_LEADER_EPOCH, NOT_LEADER_OR_FOLLOWER, KAFKA_STORAGE_ERROR.
   */
  leaderOf(
    key: TopicKey,
    index: number,
    { currentLeaderEpoch = -1 }: { currentLeaderEpoch?: number } = {},
  ): Partition {
    const topic = this.topic(key)
    const { id, name, partitions } = topic
    if (index < 0 || index >= partitions.count) {
      const message = `there is no partition ${name}-${index}`
      throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', message)
    }
    if (currentLeaderEpoch >= 0) {
      checkEpoch(`${name}-${index}`, currentLeaderEpoch, partitions.leaderEpoch(index))
    }
    if (this.isStopped || partitions.leader(index) !== this.options.nodeId) {
      const message = `${name}-${index} is led by ${partitions.leader(index)}`
      throw new KafkaError('NOT_LEADER_OR_FOLLOWER', message)
    }
    const partition = this.made.get(id)?.get(index) ?? this.make(topic, index)
    if (partition.log.offline !== undefined) throw asKafkaError(partition.log.offline)
    return partition
  }

  *maintained(): Generator<MaintainedLog> {
    for (const partitions of this.made.values()) yield* partitions.values()
  }

  /** The flushed end of a log has moved. */
  onFlushed({ listener }: PartitionLog): void {
    if (listener instanceof Partition) listener.advance()
  }

  /** How many have been used, or have a log on the disk. */
  get count(): number {
    let count = 0
    for (const partitions of this.made.values()) count += partitions.size
    return count
  }

  /** Nothing is led any more, and whoever waits is told. */
  stop(): void {
    this.isStopped = true
    this.deletions.stop()
    const error = new KafkaError('NOT_LEADER_OR_FOLLOWER', 'this broker stops')
    for (const partitions of this.made.values()) {
      for (const partition of partitions.values()) partition.close(error)
    }
  }

  /** Logs that were found on the disk are looked after, whether anybody asks for them or not. */
  private adopt(): void {
    const { dataDirectory, nodeId } = this.options
    const removed = new Map(this.image.removedTopics.map((topic) => [topic.id, topic]))
    const gone = new Map<string, { id: string; name: string; count: number }>()
    for (const { topic: name, partition, topicId } of dataDirectory.partitions()) {
      const topic = topicId === undefined ? topicNamed(this.image, name) : this.topicOf(topicId)
      if (topic?.name === name && partition < topic.partitions.count) {
        if (topic.partitions.hasReplica(partition, nodeId)) this.makeIfOnline(topic, partition)
      } else if (topicId !== undefined && removed.has(topicId)) {
        const count = Math.max(gone.get(topicId)?.count ?? 0, partition + 1)
        gone.set(topicId, { id: topicId, name, count })
      }
      // Of others nobody knows that they were removed: they stay as they are.
    }
    for (const topic of gone.values()) this.deletions.add(topic)
  }

  private topicOf(topicId: string): TopicImage | undefined {
    return this.image.topics.get(topicId)
  }

  private applyTopic({ before, after, partitions, removed }: TopicChange): void {
    if (after === undefined) {
      if (before !== undefined) this.drop(before, { removed })
      return
    }
    const made = this.made.get(after.id)
    if (made === undefined) return
    for (const index of partitions) {
      const partition = made.get(index)
      if (partition !== undefined) this.tell(partition, after)
    }
  }

  private drop({ id, name, partitions }: TopicImage, { removed }: { removed: boolean }): void {
    const error = new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `the topic ${name} is gone`)
    for (const partition of this.made.get(id)?.values() ?? []) partition.close(error)
    this.made.delete(id)
    this.limits.delete(name)
    if (removed) this.deletions.add({ id, name, count: partitions.count })
  }

  private tell(partition: Partition, { partitions }: TopicImage): void {
    const image = partitions.at(partition.partition.partition)
    partition.update(image, { leads: image.leader === this.options.nodeId })
  }

  private make(topic: TopicImage, index: number): Partition {
    const { id: topicId, name } = topic
    this.deletions.finish(name)
    const partition = { topic: name, partition: index }
    const config = this.limitsOf(name).log
    let log: PartitionLog
    try {
      log = this.options.dataDirectory.open({ ...partition, topicId, config })
    } catch (error) {
      throw asKafkaError(error)
    }
    const image = topic.partitions.at(index)
    const { clock, flusher } = this.options
    const minInsyncReplicas = () => this.limitsOf(name).minInsyncReplicas
    const options = { clock, flusher, minInsyncReplicas }
    const made = new Partition({ partition, topicId, log, image }, options)
    const others = this.made.get(topicId)
    if (others === undefined) this.made.set(topicId, new Map([[index, made]]))
    else others.set(index, made)
    this.tell(made, topic)
    return made
  }

  private makeIfOnline(topic: TopicImage, index: number): void {
    try {
      this.make(topic, index)
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error // it stays offline, and others are served
    }
  }

  private limitsOf(topic: string): TopicLimits {
    let limits = this.limits.get(topic)
    if (limits === undefined) {
      const settings = topicSettings(this.image, topic, this.options)
      const minInsyncReplicas = settings['min.insync.replicas'].value
      limits = { log: logConfigOf(settings), minInsyncReplicas }
      this.limits.set(topic, limits)
    }
    return limits
  }

  /** Those of a broker are those of all topics that do not say. */
  private applySettings({ configs }: ImageChanges): void {
    if (configs.length === 0) return
    const isForAll = configs.some(({ type }) => type !== topicConfigType)
    const topics = isForAll ? [...this.limits.keys()] : configs.map(({ name }) => name)
    for (const name of topics) {
      if (!this.limits.delete(name)) continue
      const topic = topicNamed(this.image, name)
      if (topic === undefined) continue
      for (const partition of this.made.get(topic.id)?.values() ?? []) {
        partition.log.config = this.limitsOf(name).log
        partition.configured()
      }
    }
  }
}

function checkEpoch(partition: string, known: number, current: number): void {
  if (known < current) {
    const message = `${partition} is at leader epoch ${current}, ${known} is over`
    throw new KafkaError('FENCED_LEADER_EPOCH', message)
  }
  if (known > current) {
    const message = `${partition} is at leader epoch ${current} as far as is known here, not ${known}`
    throw new KafkaError('UNKNOWN_LEADER_EPOCH', message)
  }
}
