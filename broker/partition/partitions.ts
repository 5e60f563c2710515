import type { Clock } from '../../lib/clock.ts'
import type { Random } from '../../lib/random.ts'
import { StorageError } from '../../lib/storage-error.ts'
import type { DataDirectory } from '../log/data-directory/data-directory.ts'
import type { TopicPartition } from '../log/data-directory/partition-name.ts'
import type { LogConfig } from '../log/log-config.ts'
import type { Flusher } from '../log/maintenance/flusher.ts'
import type { MaintainedLog } from '../log/maintenance/maintained-log.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import { emptyImage, type MetadataImage, type TopicImage, topicNamed } from '../metadata/image.ts'
import type { ImageChanges, TopicChange } from '../metadata/image-changes.ts'
import { zeroUuid } from '../protocol/codec/uuid.ts'
import type { Entries } from '../protocol/config/topic-values.ts'
import { KafkaError } from '../protocol/errors.ts'
import { Partition, storageFailed } from './partition.ts'
import { type Deletion, PendingDeletions } from './pending-deletions.ts'
import { effectiveTopicConfig, toLogConfig } from './topic-log-config.ts'
import { BrokerTraffic, countFailure } from './traffic.ts'

/** A topic as requests name it: by id, or by name where the id is all zeros. */
export type TopicKey = { readonly topicId: string; readonly name: string }

export type PartitionsOptions = {
  readonly nodeId: number
  readonly dataDirectory: DataDirectory
  readonly flusher: Pick<Flusher, 'appended'>
  readonly clock: Clock
  readonly random: Random
  /** Settings of the broker, as its file has them. */
  readonly entries: Entries
  /** A log could not be opened, written or removed: the others go on. */
  readonly report: (problem: StorageError) => void
  /** Our own mistake where nobody waits. */
  readonly onFatal: (error: unknown) => void
}

/**
 * The partitions of a broker, as the metadata says. Of one that nobody has asked for there is no
 * object, unless it has a log on the disk, which is to be looked after.
 */
export class Partitions {
  readonly traffic = new BrokerTraffic()
  private readonly options: PartitionsOptions
  private image: MetadataImage = emptyImage
  private readonly made = new Map<string, (Partition | undefined)[]>() // by topic id
  private readonly configs = new Map<string, LogConfig>() // by topic
  private readonly byLog = new Map<PartitionLog, Partition>()
  private readonly deletions: PendingDeletions
  private isEnding = false

  constructor(options: PartitionsOptions) {
    this.options = options
    const { clock, onFatal } = options
    this.deletions = new PendingDeletions({ clock, onFatal, delete: (own) => this.delete(own) })
  }

  /**
   * Goes over to a later image. Data is deleted only of a topic that is known to have been removed,
   * by its id; whatever else is missing stays where it is.
   */
  apply(changes: ImageChanges, image: MetadataImage): void {
    const isFirst = this.image === emptyImage
    this.image = image
    for (const change of changes.topics) this.applyTopic(change)
    if (isFirst) this.takeOver(image)
    if (changes.configs.length > 0) this.applyConfigs()
  }

  /**
   * @throws {KafkaError} UNKNOWN_TOPIC_ID, UNKNOWN_TOPIC_OR_PARTITION, NOT_LEADER_OR_FOLLOWER,
   *   KAFKA_STORAGE_ERROR
   */
  leaderOf(key: TopicKey, index: number): Partition {
    const topic = this.topic(key)
    if (index < 0 || index >= topic.partitions.count) {
      throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `${topic.name} has no partition ${index}`)
    }
    if (topic.partitions.leader(index) !== this.options.nodeId) {
      throw new KafkaError('NOT_LEADER_OR_FOLLOWER', `${topic.name}-${index} is not led here`)
    }
    const partition = this.made.get(topic.id)?.[index] ?? this.make(topic, index)
    const { log } = partition
    // What is there can be read though the disk has no room for more.
    if (log.offline !== undefined && !log.isReadable) throw storageFailed(log.offline)
    return partition
  }

  /** One that was asked for before, or has a log on the disk; led here or not. */
  known({ id }: Pick<TopicImage, 'id'>, index: number): Partition | undefined {
    return this.made.get(id)?.[index]
  }

  /** @throws {KafkaError} UNKNOWN_TOPIC_ID, UNKNOWN_TOPIC_OR_PARTITION */
  topic({ topicId, name }: TopicKey): TopicImage {
    if (topicId === zeroUuid && name !== '') {
      const topic = topicNamed(this.image, name)
      if (topic !== undefined) return topic
      throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `there is no topic ${name}`)
    }
    const topic = this.image.topics.get(topicId)
    if (topic !== undefined) return topic
    throw new KafkaError('UNKNOWN_TOPIC_ID', `there is no topic with the id ${topicId}`)
  }

  /** A partition in a request was answered with an error. */
  countFailure(key: TopicKey, request: 'produce' | 'fetch'): void {
    const topic =
      key.topicId === zeroUuid
        ? topicNamed(this.image, key.name)
        : this.image.topics.get(key.topicId)
    if (topic === undefined) countFailure(this.traffic.all, request)
    else this.traffic.of({ topicId: topic.id, topic: topic.name }).failed(request)
  }

  /** For `Flusher.onFlushed`. */
  flushed(log: PartitionLog): void {
    this.byLog.get(log)?.advance()
  }

  /** Logs that have something on the disk and can be read. */
  *maintained(): Generator<MaintainedLog> {
    for (const partition of this.byLog.values()) {
      const { log } = partition
      if (!log.isMade || !log.isReadable) continue
      yield {
        log,
        partition,
        highWatermark: () => partition.highWatermark,
        lastStableOffset: () => partition.lastStableOffset,
      }
    }
  }

  /** This broker is about to stop: a reader is answered with what there is. */
  get isDraining(): boolean {
    return this.isEnding
  }

  drain(): void {
    this.isEnding = true
    for (const partition of this.byLog.values()) partition.wakeReaders()
  }

  /** Nothing is led here any more. The logs stay open, for their data directory to close. */
  stop(): void {
    this.deletions.stop()
    for (const partition of this.byLog.values()) partition.resign()
    this.byLog.clear()
    this.made.clear()
    this.image = emptyImage
  }

  private applyTopic({ before, after, partitions, removed }: TopicChange): void {
    for (const index of partitions) {
      if (after === undefined || index >= after.partitions.count) {
        this.drop(before as TopicImage, index, { removed })
      } else this.applyPartition(after, index)
    }
    if (after !== undefined) return
    const { id } = before as TopicImage
    this.made.delete(id)
    this.traffic.forget(id)
  }

  private applyPartition(topic: TopicImage, index: number): void {
    const { nodeId, dataDirectory } = this.options
    const { partitions, name } = topic
    const made = this.made.get(topic.id)?.[index]
    if (made !== undefined) {
      if (partitions.leader(index) === nodeId) made.lead(partitions.leaderEpoch(index))
      else made.resign()
      return
    }
    const isHere = dataDirectory.get({ topic: name, partition: index }) !== undefined
    if (!isHere || !partitions.hasReplica(index, nodeId)) return
    try {
      this.make(topic, index)
    } catch (error) {
      // Whoever asks for it hears the same.
      if (!(error instanceof KafkaError)) throw error
      if (error.cause instanceof StorageError) this.options.report(error.cause)
    }
  }

  private drop(topic: TopicImage, index: number, { removed }: { removed: boolean }): void {
    const partition = this.made.get(topic.id)?.[index]
    if (partition !== undefined) {
      partition.resign()
      this.byLog.delete(partition.log)
    }
    if (removed) this.deletions.add({ topic: topic.name, partition: index, topicId: topic.id })
  }

  private delete(unwanted: Deletion): void {
    const { dataDirectory, random, report } = this.options
    try {
      const uniqueId = Buffer.from(random.bytes(16)).toString('hex')
      dataDirectory.delete({ ...unwanted, uniqueId })
    } catch (error) {
      if (!(error instanceof StorageError)) throw error
      report(error)
    }
  }

  /** Topics that were removed while this broker was away. */
  private takeOver(image: MetadataImage): void {
    const found = Array.from(this.options.dataDirectory.partitions())
    const removed = new Set(image.removedTopics.map(({ id }) => id))
    for (const { topic, partition, topicId } of found) {
      if (topicId === undefined || !removed.has(topicId) || image.topics.has(topicId)) continue
      this.deletions.add({ topic, partition, topicId })
    }
  }

  private applyConfigs(): void {
    this.configs.clear()
    for (const partition of this.byLog.values()) {
      partition.log.config = this.configOf(partition.topic)
      partition.advance() // `kavka.flush` may be another
    }
  }

  private make(topic: TopicImage, index: number): Partition {
    const { dataDirectory, clock, flusher, nodeId } = this.options
    const place = { topic: topic.name, partition: index, topicId: topic.id }
    this.deletions.finish(place)
    let log: PartitionLog
    try {
      log = dataDirectory.open({ ...place, config: this.configOf(topic.name) })
    } catch (error) {
      throw error instanceof StorageError ? storageFailed(error) : error
    }
    const leaderEpoch = topic.partitions.leaderEpoch(index)
    const traffic = this.traffic.of(place)
    const partition = new Partition({
      ...place,
      leaderEpoch,
      log,
      clock,
      flusher,
      traffic,
      keepStart: () => this.keepStart(place),
      onFailed: this.options.report,
    })
    if (topic.partitions.leader(index) !== nodeId) partition.resign()
    const partitions = this.made.get(topic.id) ?? []
    partitions[index] = partition
    this.made.set(topic.id, partitions)
    this.byLog.set(log, partition)
    return partition
  }

  private async keepStart(place: TopicPartition): Promise<void> {
    const { dataDirectory, report } = this.options
    try {
      await dataDirectory.writeStartLater(place)
    } catch (error) {
      if (error instanceof StorageError) report(error)
      throw error
    }
  }

  private configOf(topic: string): LogConfig {
    let config = this.configs.get(topic)
    if (config === undefined) {
      config = toLogConfig(effectiveTopicConfig(this.image, topic, this.options))
      this.configs.set(topic, config)
    }
    return config
  }
}
