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
import type { IsrProposal } from '../replica/isr-proposal.ts'
import type { ReplicaSettings } from '../replica/leader-state.ts'
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
  /** How this broker and others have the same. */
  readonly replication: Replication
}

/** What of replication happens elsewhere. */
export type Replication = {
  /** replica.lag.time.max.ms */
  readonly lagTimeMaxMs: number
  /** For how long a leader is one of which nobody was heard of: safety rule 19. */
  readonly sessionTimeoutMs: number
  /** When the last heartbeat was sent that a controller answered, by the monotonic clock. */
  readonly controllerHeardMs: () => number
  /** A leader wants another ISR. */
  readonly propose: (partition: Partition, proposal: IsrProposal) => void
  /** It begins to follow, or follows another, or no more. */
  readonly follow: (partition: Partition) => void
  /** Notes of each of these followers that waits in a session that it is there. */
  readonly lookAtFollowers: (partition: Partition, brokerIds: Iterable<number>) => void
}

type TopicConfig = { readonly log: LogConfig; readonly replicas: ReplicaSettings }

/**
 * The partitions of a broker, as the metadata says. Of one that nobody has asked for there is no
 * object, unless it has a log on the disk, which is to be looked after.
 */
export class Partitions {
  readonly traffic = new BrokerTraffic()
  private readonly options: PartitionsOptions
  private image: MetadataImage = emptyImage
  private readonly made = new Map<string, (Partition | undefined)[]>() // by topic id
  private readonly configs = new Map<string, TopicConfig>() // by topic
  /** How often somebody was told that what it wants is not led here. */
  timesSentAway = 0
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
    if (changes.brokers.length > 0) {
      const changed = changes.brokers.flatMap(({ after }) =>
        after === undefined ? [] : [after.id],
      )
      this.lookAtFollowers(changed) // one that waits may be taken in now
      for (const partition of this.byLog.values()) partition.brokersChanged()
    }
    if (changes.configs.length > 0) this.applyConfigs()
  }

  /**
   * @throws {KafkaError} UNKNOWN_TOPIC_ID, UNKNOWN_TOPIC_OR_PARTITION, NOT_LEADER_OR_FOLLOWER,
   *   KAFKA_STORAGE_ERROR
   */
  leaderOf(key: TopicKey, index: number): Partition {
    const topic = this.topic(key)
    const partition = this.ledHere(topic, index)
    if (this.mayServe(partition)) return partition
    const message = `neither controller nor followers of ${topic.name}-${index} were heard of lately`
    throw new KafkaError('NOT_LEADER_OR_FOLLOWER', message)
  }

  /** As `leaderOf`, for a consumer that may read from a follower, too: what is committed (KIP-392). */
  replicaOf(key: TopicKey, index: number): Partition {
    const partition = this.known(this.topic(key), index)
    if (partition?.role.leader === undefined) return this.leaderOf(key, index)
    checkReadable(partition)
    return partition
  }

  /** As `leaderOf`, for a follower, which is to be served for as long as it is led here. */
  leaderForFollower(topicId: string, index: number): Partition {
    return this.ledHere(this.topic({ topicId, name: '' }), index)
  }

  private ledHere(topic: TopicImage, index: number): Partition {
    if (index < 0 || index >= topic.partitions.count) {
      throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `${topic.name} has no partition ${index}`)
    }
    if (topic.partitions.leader(index) !== this.options.nodeId) {
      this.timesSentAway++
      throw new KafkaError('NOT_LEADER_OR_FOLLOWER', `${topic.name}-${index} is not led here`)
    }
    const partition = this.made.get(topic.id)?.[index] ?? this.make(topic, index)
    checkReadable(partition)
    return partition
  }

  /** Whether a leader may answer: not where others may have elected another long ago. */
  private mayServe(partition: Partition): boolean {
    const { controllerHeardMs, sessionTimeoutMs, lookAtFollowers } = this.options.replication
    const heard = { controllerHeardMs: controllerHeardMs(), sessionTimeoutMs }
    if (partition.role.mayServe(heard)) return true
    lookAtFollowers(partition, partition.role.followers)
    return partition.role.mayServe(heard)
  }

  /** To be called now and then: who lags behind leaves the ISR. */
  timePassed(): void {
    this.lookAtFollowers()
    for (const { role } of this.byLog.values()) role.timePassed()
  }

  /** @param brokerIds Whom alone it is about; left out: all. */
  private lookAtFollowers(brokerIds?: readonly number[]): void {
    for (const partition of this.byLog.values()) {
      const { role } = partition
      if (role.isLed)
        this.options.replication.lookAtFollowers(partition, brokerIds ?? role.followers)
    }
  }

  /** Renames and keeps what the log of a partition has, and begins anew with nothing. */
  setAside({ topic: name, topicId, partition: index, log }: Partition): void {
    const { dataDirectory, replication } = this.options
    const partition = this.byLog.get(log)
    const topic = this.image.topics.get(topicId)
    if (partition === undefined || topic === undefined) return
    partition.resign()
    replication.follow(partition)
    this.byLog.delete(log)
    delete this.made.get(topicId)?.[index]
    dataDirectory.setAside({ topic: name, partition: index, uniqueId: this.uniqueId() })
    this.applyPartition(topic, index)
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
    const isReplica = partitions.hasReplica(index, nodeId)
    const made = this.made.get(topic.id)?.[index]
    if (made !== undefined) {
      made.see(isReplica ? partitions.at(index) : undefined)
      this.options.replication.follow(made)
      const { role } = made
      if (role.isLed) this.options.replication.lookAtFollowers(made, role.outOfSync)
      return
    }
    const leader = partitions.leader(index)
    const isFollower = isReplica && leader !== nodeId && leader !== -1
    const isHere = dataDirectory.get({ topic: name, partition: index }) !== undefined
    if (!isFollower && !(isHere && isReplica)) return
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
      this.options.replication.follow(partition)
      this.byLog.delete(partition.log)
    }
    if (removed) this.deletions.add({ topic: topic.name, partition: index, topicId: topic.id })
  }

  private delete(unwanted: Deletion): void {
    const { dataDirectory, report } = this.options
    try {
      dataDirectory.delete({ ...unwanted, uniqueId: this.uniqueId() })
    } catch (error) {
      if (!(error instanceof StorageError)) throw error
      report(error)
    }
  }

  private uniqueId(): string {
    return Buffer.from(this.options.random.bytes(16)).toString('hex')
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
      partition.log.config = this.configOf(partition.topic).log
      partition.advance() // `kavka.flush` or `min.insync.replicas` may be another
    }
  }

  private make(topic: TopicImage, index: number): Partition {
    const { dataDirectory, clock, flusher, nodeId, replication } = this.options
    const place = { topic: topic.name, partition: index, topicId: topic.id }
    this.deletions.finish(place)
    let log: PartitionLog
    try {
      log = dataDirectory.open({ ...place, config: this.configOf(topic.name).log })
    } catch (error) {
      throw error instanceof StorageError ? storageFailed(error) : error
    }
    const traffic = this.traffic.of(place)
    const partition: Partition = new Partition({
      ...place,
      nodeId,
      log,
      clock,
      flusher,
      traffic,
      highWatermark: dataDirectory.checkpointOf('replication-offset-checkpoint', place) ?? 0,
      brokers: (id) => this.image.brokers.get(id),
      settings: () => this.configOf(topic.name).replicas,
      propose: (proposal) => replication.propose(partition, proposal),
      keepStart: () => this.keepStart(place),
      onFailed: this.options.report,
    })
    const partitions = this.made.get(topic.id) ?? []
    partitions[index] = partition
    this.made.set(topic.id, partitions)
    this.byLog.set(log, partition)
    const isReplica = topic.partitions.hasReplica(index, nodeId)
    partition.see(isReplica ? topic.partitions.at(index) : undefined)
    replication.follow(partition)
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

  private configOf(topic: string): TopicConfig {
    let config = this.configs.get(topic)
    if (config === undefined) {
      const effective = effectiveTopicConfig(this.image, topic, this.options)
      const minInsyncReplicas = effective['min.insync.replicas'].value
      const replicaLagTimeMaxMs = this.options.replication.lagTimeMaxMs
      const replicas = { minInsyncReplicas, replicaLagTimeMaxMs }
      config = { log: toLogConfig(effective), replicas }
      this.configs.set(topic, config)
    }
    return config
  }
}

/** What is there can be read though the disk has no room for more. @throws {KafkaError} KAFKA_STORAGE_ERROR */
function checkReadable({ log }: Partition): void {
  if (log.offline !== undefined && !log.isReadable) throw storageFailed(log.offline)
}
