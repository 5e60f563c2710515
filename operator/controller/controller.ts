import type { MetadataImage, TopicOwner } from '../../broker/metadata/image.ts'
import type { Drained } from '../../broker/net/listen.ts'
import type { RequestOf, ResponseInputOf } from '../../broker/protocol/apis.ts'
import type { Entries } from '../../broker/protocol/config/topic-values.ts'
import type { Clock, Timer } from '../../lib/clock.ts'
import type { Random } from '../../lib/random.ts'
import { ControllerConnections } from './controller-connections.ts'
import { alterConfigs } from './decide/alter-configs.ts'
import { createPartitions } from './decide/create-partitions.ts'
import { createTopics } from './decide/create-topics.ts'
import { deleteTopics } from './decide/delete-topics.ts'
import { electLeaders } from './decide/elect-leaders.ts'
import { fenceBrokers, type Incarnation } from './decide/fencing.ts'
import { heartbeat } from './decide/heartbeat.ts'
import { incrementalAlterConfigs } from './decide/incremental-alter-configs.ts'
import {
  disownTopic,
  forgetMirror,
  mirrorTopic,
  type Ownership,
  ownTopic,
} from './decide/own-topic.ts'
import { alterPartition } from './decide/partition/alter-partition.ts'
import type { PlacementRules } from './decide/placement.ts'
import { allocateProducerIds } from './decide/producer-ids.ts'
import { reassignPartitions } from './decide/reassign-partitions.ts'
import { registerBroker } from './decide/register-broker.ts'
import type { AskedBy } from './decide/topic-names.ts'
import { withElections } from './decide/unclean-elections.ts'
import { unregisterBroker } from './decide/unregister-broker.ts'
import { type Applied, describeQuorum } from './describe-quorum.ts'
import type { Door, OpenDoor } from './doors.ts'
import { IdleWatch } from './idle-watch.ts'
import { MetadataAnswers } from './metadata-answers.ts'
import { MetadataWriter } from './metadata-writer.ts'
import { newUuid } from './new-uuid.ts'
import { Sessions } from './sessions.ts'
import type { MetadataStore } from './store/metadata-store.ts'

/** What a controller is told of its cluster, which may change while it runs. */
export type ControllerSettings = PlacementRules & {
  /** Settings of all brokers, by Kafka's names. */
  readonly brokerConfig: Entries
  /** After so much silence a broker is fenced. */
  readonly sessionTimeoutMs: number
  /** In which rack a broker stands. Null: in none. Undefined: nobody knows yet, and it has to wait. */
  readonly rackOf: (brokerId: number) => string | null | undefined
}

export type ControllerOptions = Partial<ControllerSettings> & {
  readonly store: MetadataStore
  readonly clusterId: string
  /** That of the cluster: see `broker/net/internal-auth.ts`. */
  readonly secret: Uint8Array
  /** Where brokers reach it. */
  readonly openDoor: OpenDoor
  readonly clock: Clock
  readonly random: Random
  readonly log: (message: string) => void
  /** Our own mistake: the process is not to go on. */
  readonly onFatal: (error: unknown) => void
  /** It decides nothing more, and why. */
  readonly onStopped?: (why: string) => void
}

const defaults: ControllerSettings = {
  brokerConfig: new Map(),
  sessionTimeoutMs: 1_500,
  isLeaving: () => false,
  rackOf: () => null,
}

/** Who made a topic over the protocol; nobody has a resource for it yet. */
const byProtocol: TopicOwner = { origin: 'protocol', resourceUid: null }

/**
 * The controller of one cluster: it takes brokers in and out, makes and removes topics, says who
 * leads what, and gives out ids. All of it is in the metadata log before anybody is told.
 */
export class Controller {
  private readonly options: ControllerOptions
  private readonly writer: MetadataWriter
  private readonly answers: MetadataAnswers
  private readonly sessions: Sessions
  /** By broker, of the record that registered it last. */
  private readonly registeredAt = new Map<number, number>()
  /** By broker, as each said last. */
  private readonly applied = new Map<number, Applied>()
  private readonly listeners = new Set<(image: MetadataImage) => void>()
  private settings: ControllerSettings
  private timer: (Timer & { readonly dueMs: number }) | undefined
  private door: Door | undefined
  private readonly idle: IdleWatch

  private constructor(options: ControllerOptions, writer: MetadataWriter) {
    this.options = options
    this.writer = writer
    this.answers = new MetadataAnswers(writer, options.clock)
    this.idle = new IdleWatch(options.clock, () => void writer.checkIsLast().catch(options.onFatal))
    this.settings = { ...defaults, ...options }
    this.sessions = new Sessions(this.settings.sessionTimeoutMs)
  }

  /**
   * Takes over the log, and listens for brokers.
   *
   * @throws What makes the log unusable; {NetworkError} if the port cannot be had.
   */
  static async start(options: ControllerOptions): Promise<Controller> {
    const started: { controller?: Controller } = {}
    const writer = await MetadataWriter.open({
      store: options.store,
      incarnationId: newUuid(options.random),
      onCommit: () => started.controller?.committed(),
      onStopped: (why) => options.onStopped?.(why),
      log: options.log,
      onFatal: options.onFatal,
    })
    const controller = new Controller(options, writer)
    started.controller = controller
    try {
      await controller.welcome()
      return controller
    } catch (error) {
      await controller.close() // the log is free for the next try
      throw error
    }
  }

  /** What is in the log. */
  get image(): MetadataImage {
    return this.writer.committed.image
  }

  /** Where brokers reach it. */
  get port(): number {
    return this.door?.port ?? 0
  }

  /** Whether a broker says that its disk does not take all that is written. */
  isDiskFailing(brokerId: number): boolean {
    return this.sessions.isDiskFailing(brokerId)
  }

  /** Calls `listener` with each image, and when what is heard of disks is news. @returns Ends that. */
  onImage(listener: (image: MetadataImage) => void): () => void {
    this.listeners.add(listener)
    return () => void this.listeners.delete(listener)
  }

  /** Ends it; of what is under way nothing is told any more. */
  async close(): Promise<Drained | undefined> {
    this.timer?.cancel()
    this.idle.stop()
    this.listeners.clear()
    this.writer.close()
    return this.door?.close()
  }

  async registerBroker(
    request: RequestOf<'BrokerRegistration'>,
  ): Promise<ResponseInputOf<'BrokerRegistration'>> {
    const { clusterId, clock, log } = this.options
    const { brokerId, incarnationId } = request
    const isAlive = this.sessions.isAlive(brokerId)
    const { brokerConfig } = this.settings
    const rack = this.settings.rackOf(brokerId)
    const { brokerEpoch, partitionsLost } = await this.writer.change((image, nextOffset) => {
      const decided = registerBroker(image, request, {
        clusterId,
        nextOffset,
        isAlive,
        rack,
        brokerConfig,
      })
      if (decided.records.length > 0) this.registeredAt.set(brokerId, nextOffset)
      return decided
    })
    if (partitionsLost > 0) {
      const what = `without its data: it is out of the ISR of ${partitionsLost} partitions`
      log(`broker ${brokerId} comes with another data directory, ${what}`)
    }
    this.sessions.heard(brokerId, incarnationId, clock.monotonicMs())
    this.setTimer()
    return { throttleTimeMs: 0, errorCode: 0, brokerEpoch }
  }

  heartbeat(request: RequestOf<'BrokerHeartbeat'>): Promise<ResponseInputOf<'BrokerHeartbeat'>> {
    const { brokerId } = request
    const decided = this.decideHeartbeat(request)
    const broker = this.image.brokers.get(brokerId)
    if (broker?.epoch === request.brokerEpoch) {
      this.sessions.heard(brokerId, broker.incarnationId, this.options.clock.monotonicMs())
      this.setTimer()
      const endOffset = request.currentMetadataOffset + 1
      this.applied.set(brokerId, { endOffset, atMs: this.options.clock.nowMs() })
      if (this.sessions.heardOfDisk(brokerId, request.offlineLogDirs)) this.tellListeners()
    }
    return decided
  }

  private async decideHeartbeat(
    request: RequestOf<'BrokerHeartbeat'>,
  ): Promise<ResponseInputOf<'BrokerHeartbeat'>> {
    const { brokerConfig } = this.settings
    // A controller that took over does not know where it was; at its own first record it was.
    const registeredAt =
      this.registeredAt.get(request.brokerId) ?? this.image.controller.startOffset
    const decide = (image: MetadataImage) =>
      heartbeat(image, request, { registeredAt, brokerConfig })
    // While nobody knows whether the last append happened, brokers are to hear that all else is well.
    if (!request.wantFence && !request.wantShutDown && !this.writer.isStopped) {
      const { records, response } = decide(this.image)
      if (records.length === 0) return response
    }
    return this.writer.change(decide)
  }

  /** A process of a broker is gone, as far as is known. */
  brokerGone(brokerId: number, incarnationId: string, why: string): void {
    if (!this.sessions.end(brokerId, incarnationId)) return
    this.fence([{ brokerId, incarnationId }], why)
  }

  allocateProducerIds(
    request: RequestOf<'AllocateProducerIds'>,
  ): Promise<ResponseInputOf<'AllocateProducerIds'>> {
    return this.writer.change((image) => allocateProducerIds(image, request))
  }

  createTopics(
    request: Pick<RequestOf<'CreateTopics'>, 'topics' | 'validateOnly'>,
    owner: TopicOwner = byProtocol,
  ): Promise<ResponseInputOf<'CreateTopics'>> {
    const { random } = this.options
    const { settings } = this
    return this.writer.change((image) => {
      return createTopics(image, request, { ...settings, random, owner })
    })
  }

  deleteTopics(
    request: Pick<RequestOf<'DeleteTopics'>, 'topics' | 'topicNames'>,
    by: AskedBy = 'protocol',
  ): Promise<ResponseInputOf<'DeleteTopics'>> {
    const { brokerConfig } = this.settings
    return this.writer.change((image) => deleteTopics(image, request, { by, brokerConfig }))
  }

  createPartitions(
    request: Pick<RequestOf<'CreatePartitions'>, 'topics' | 'validateOnly'>,
    by: AskedBy = 'protocol',
  ): Promise<ResponseInputOf<'CreatePartitions'>> {
    const { random } = this.options
    const { settings } = this
    return this.writer.change((image) => {
      return createPartitions(image, request, { ...settings, random, by })
    })
  }

  alterConfigs(
    request: Pick<RequestOf<'AlterConfigs'>, 'resources' | 'validateOnly'>,
  ): Promise<ResponseInputOf<'AlterConfigs'>> {
    const { brokerConfig } = this.settings
    return this.writer.change((image) => {
      return withElections(
        image,
        alterConfigs(image, request, 'protocol', brokerConfig),
        brokerConfig,
      )
    })
  }

  incrementalAlterConfigs(
    request: Pick<RequestOf<'IncrementalAlterConfigs'>, 'resources' | 'validateOnly'>,
    by: AskedBy = 'protocol',
  ): Promise<ResponseInputOf<'IncrementalAlterConfigs'>> {
    const { brokerConfig } = this.settings
    return this.writer.change((image) => {
      const decided = incrementalAlterConfigs(image, request, by, brokerConfig)
      return withElections(image, decided, brokerConfig)
    })
  }

  alterPartition(request: RequestOf<'AlterPartition'>): Promise<ResponseInputOf<'AlterPartition'>> {
    const { brokerConfig } = this.settings
    return this.writer.change((image) => alterPartition(image, request, brokerConfig))
  }

  electLeaders(
    request: Pick<RequestOf<'ElectLeaders'>, 'electionType' | 'topicPartitions'>,
  ): Promise<ResponseInputOf<'ElectLeaders'>> {
    const { brokerConfig } = this.settings
    return this.writer.change((image) => electLeaders(image, request, brokerConfig))
  }

  alterPartitionReassignments(
    request: RequestOf<'AlterPartitionReassignments'>,
  ): Promise<ResponseInputOf<'AlterPartitionReassignments'>> {
    const { settings } = this
    return this.writer.change((image) => reassignPartitions(image, request, settings))
  }

  describeQuorum(
    request: RequestOf<'DescribeQuorum'>,
    version: number,
  ): ResponseInputOf<'DescribeQuorum'> {
    const nowMs = this.options.clock.nowMs()
    const { image, offset: endOffset } = this.writer.committed
    return describeQuorum(request, version, { image, endOffset, nowMs, heard: this.applied })
  }

  /** @throws {KafkaError} UNKNOWN_TOPIC_ID; POLICY_VIOLATION, if it is another resource's. */
  ownTopic(ownership: Ownership): Promise<void> {
    return this.writer.change((image) => ownTopic(image, ownership))
  }

  /** @throws {KafkaError} UNKNOWN_TOPIC_ID; POLICY_VIOLATION, if it was not made over the protocol. */
  mirrorTopic(ownership: Ownership): Promise<void> {
    return this.writer.change((image) => mirrorTopic(image, ownership))
  }

  forgetMirror(ownership: Ownership): Promise<void> {
    return this.writer.change((image) => forgetMirror(image, ownership))
  }

  /** @throws {KafkaError} UNKNOWN_TOPIC_ID */
  disownTopic(ownership: Ownership): Promise<void> {
    return this.writer.change((image) => disownTopic(image, ownership))
  }

  /** @throws {KafkaError} INVALID_REQUEST: it is there, or has replicas. */
  unregisterBroker(brokerId: number): Promise<void> {
    return this.writer.change((image) => unregisterBroker(image, brokerId))
  }

  /** What holds for all brokers was changed. */
  configure(settings: ControllerSettings): void {
    this.settings = settings
    this.sessions.setTimeout(settings.sessionTimeoutMs)
  }

  /** The metadata log, for who follows it. */
  get metadata(): MetadataAnswers {
    return this.answers
  }

  /** Whoever is registered is given a full session to be heard. */
  private async welcome(): Promise<void> {
    const { openDoor, clock, secret, random, log, onFatal } = this.options
    for (const { id, incarnationId, fenced } of this.image.brokers.values()) {
      if (!fenced) this.sessions.heard(id, incarnationId, clock.monotonicMs())
    }
    this.setTimer()
    this.idle.wrote()
    const connections = new ControllerConnections({
      controller: this,
      secret,
      random,
      log,
      onFatal,
    })
    this.door = await openDoor({
      onRequest: (frame, connection) => connections.take(frame, connection),
      onClosed: (connection) => connections.closed(connection),
    })
  }

  private committed(): void {
    this.idle.wrote()
    this.answers.committed()
    this.tellListeners()
  }

  private tellListeners(): void {
    for (const listener of this.listeners) listener(this.image)
  }

  private setTimer(): void {
    const { clock } = this.options
    const dueMs = this.sessions.nextDeadlineMs
    // One that is too early sets the next; deadlines come nearer only where sessions become shorter.
    if (dueMs === undefined || (this.timer?.dueMs ?? Number.POSITIVE_INFINITY) <= dueMs) return
    this.timer?.cancel()
    const timer = clock.timer(Math.max(0, dueMs - clock.monotonicMs()) + 1, () => {
      this.timer = undefined
      this.expire(dueMs)
    })
    this.timer = { ...timer, dueMs }
  }

  private expire(dueMs: number): void {
    const { clock } = this.options
    const nowMs = clock.monotonicMs()
    // Who could not be heard because this process stood still is not to blame.
    if (nowMs - dueMs > ownStallMs) this.sessions.restart(nowMs)
    const expired = this.sessions.takeExpired(nowMs)
    if (expired.length > 0) this.fence(expired, 'nothing was heard of it')
    this.setTimer()
  }

  private fence(gone: readonly Incarnation[], why: string): void {
    if (this.writer.isStopped) return
    const { log, onFatal } = this.options
    const { brokerConfig } = this.settings
    for (const { brokerId } of gone) log(`broker ${brokerId} is fenced: ${why}`)
    const decide = (image: MetadataImage) => ({
      records: fenceBrokers(image, gone, brokerConfig),
      response: undefined,
    })
    this.writer.change(decide).catch((error: unknown) => {
      if (!this.writer.isStopped) onFatal(error)
    })
  }
}

const ownStallMs = 75
