import type { MetadataImage, TopicOwner, VersionRange } from '../../broker/metadata/image.ts'
import { maxMetadataVersion, readRange } from '../../broker/metadata/reads-up-to.ts'
import type { MetadataRecord } from '../../broker/metadata/records.ts'
import type { Drained } from '../../broker/net/listen.ts'
import type { OwnRequestOf, RequestOf, ResponseInputOf } from '../../broker/protocol/apis.ts'
import type { Entries } from '../../broker/protocol/config/topic-values.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Random } from '../../lib/random.ts'
import { BrokerPositions } from './broker-positions.ts'
import { ControllerConnections } from './controller-connections.ts'
import { alterConfigs } from './decide/alter-configs.ts'
import { createPartitions } from './decide/create-partitions.ts'
import { createTopics } from './decide/create-topics.ts'
import type { Decision } from './decide/decision.ts'
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
import { electFurthest } from './decide/partition/last-members.ts'
import type { Loss } from './decide/partition/of-broker.ts'
import type { PlacementRules } from './decide/placement.ts'
import { allocateProducerIds } from './decide/producer-ids.ts'
import { reassignPartitions } from './decide/reassign-partitions.ts'
import { registerBroker } from './decide/register-broker.ts'
import { resizeTopic } from './decide/resize-topic.ts'
import type { AskedBy } from './decide/topic-names.ts'
import { withElections } from './decide/unclean-elections.ts'
import { unregisterBroker } from './decide/unregister-broker.ts'
import { updateFeatures } from './decide/update-features.ts'
import { type Applied, describeQuorum } from './describe-quorum.ts'
import type { Door, OpenDoor } from './doors.ts'
import { IdleWatch } from './idle-watch.ts'
import { MetadataAnswers } from './metadata-answers.ts'
import { MetadataWriter, type Stopped } from './metadata-writer.ts'
import { newUuid } from './new-uuid.ts'
import { ReplicaEnds } from './replica-ends.ts'
import { SessionWatch } from './sessions/session-watch.ts'
import { type Gone, Sessions, type SessionTimes } from './sessions/sessions.ts'
import type { MetadataStore } from './store/metadata-store.ts'
import { describeFailover } from './timeline/describe-failover.ts'
import type { Failover } from './timeline/failover.ts'
import { FailoverTimeline } from './timeline/failover-timeline.ts'
import type { Detection } from './timeline/open-failover.ts'

/** What a controller is told of its cluster, which may change while it runs. */
export type ControllerSettings = PlacementRules &
  SessionTimes & {
    /** Settings of all brokers, by Kafka's names. */
    readonly brokerConfig: Entries
    /** In which rack a broker stands. Null: in none. Undefined: nobody knows yet, and it has to wait. */
    readonly rackOf: (brokerId: number) => string | null | undefined
  }

export type ControllerOptions = Partial<ControllerSettings> & {
  readonly store: MetadataStore
  readonly clusterId: string
  /** That of the cluster: see `broker/net/internal-auth.ts`. */
  readonly secret: Uint8Array
  /** The highest `metadata.version` of which it reads all. Left out: all that this version knows. */
  readonly readsUpTo?: number
  /**
   * What each replica of the operator reads: any of them may have to take over. Left out: there is
   * none but this one. Undefined for one of which it is not known.
   *
   * @throws {KafkaError} It cannot be told who there is.
   */
  readonly operators?: () => Promise<ReadonlyMap<string, VersionRange | undefined>>
  /** Where brokers reach it. */
  readonly openDoor: OpenDoor
  readonly clock: Clock
  readonly random: Random
  readonly log: (message: string) => void
  /** Our own mistake: the process is not to go on. */
  readonly onFatal: (error: unknown) => void
  /** A process that hangs is fenced. It is there, and clients wait for it as long as it is. */
  readonly onHung?: (process: Incarnation) => void
  /** The connection on which a process was heard last is lost: is it there? */
  readonly onDropped?: (process: Incarnation) => void
  /** It decides nothing more, and why. */
  readonly onStopped?: (why: string, about: Stopped) => void
  /** A broker that led something is gone, and others lead, or it is known that they do not. */
  readonly onFailover?: (failover: Failover) => void
}

const defaults: ControllerSettings = {
  brokerConfig: new Map(),
  sessionTimeoutMs: 1_500,
  disconnectGraceMs: 150,
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
  /** What brokers say of where they are in the metadata log. */
  readonly positions: BrokerPositions
  private readonly writer: MetadataWriter
  private readonly answers: MetadataAnswers
  private readonly sessions: Sessions
  private readonly watch: SessionWatch
  /** By broker, of the record that registered it last. */
  private readonly registeredAt = new Map<number, number>()
  private readonly replicaEnds = new ReplicaEnds()
  /** By broker, as each said last. */
  private readonly applied = new Map<number, Applied>()
  private readonly listeners = new Set<(image: MetadataImage) => void>()
  private settings: ControllerSettings
  private door: Door | undefined
  private readonly idle: IdleWatch
  private readonly timeline: FailoverTimeline

  private constructor(options: ControllerOptions, writer: MetadataWriter) {
    this.options = options
    this.writer = writer
    this.timeline = new FailoverTimeline({
      clock: options.clock,
      onFailover: (failover) => this.tellFailover(failover),
    })
    this.answers = new MetadataAnswers(writer, options.clock, this.timeline)
    this.idle = new IdleWatch(options.clock, () => void writer.checkIsLast().catch(options.onFatal))
    this.settings = { ...defaults, ...options }
    const { clock, log, onFatal } = options
    this.positions = new BrokerPositions({ writer, clock, log, onFatal })
    const rackOf = (brokerId: number) => this.image.brokers.get(brokerId)?.rack ?? null
    this.sessions = new Sessions(this.settings, rackOf)
    const onGone = (gone: readonly Gone[]) => void this.fence(gone)
    this.watch = new SessionWatch({ sessions: this.sessions, clock, log, onGone })
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
      clock: options.clock,
      readsUpTo: options.readsUpTo ?? maxMetadataVersion,
      incarnationId: newUuid(options.random),
      onCommit: () => started.controller?.committed(),
      onStopped(why, about) {
        started.controller?.timeline.close()
        options.onStopped?.(why, about)
      },
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
    this.watch.close()
    this.positions.close()
    this.idle.stop()
    this.timeline.close()
    this.listeners.clear()
    this.writer.close()
    return this.door?.close()
  }

  async registerBroker(
    request: OwnRequestOf<'BrokerRegistration'>,
  ): Promise<ResponseInputOf<'BrokerRegistration'>> {
    const { clusterId, log } = this.options
    const { brokerId, incarnationId } = request
    const { brokerConfig } = this.settings
    const rack = this.settings.rackOf(brokerId)
    const detections = [this.timeline.leaves(brokerId, 'another process of it came')]
    const decide = (image: MetadataImage, nextOffset: number) => {
      const decided = registerBroker(image, request, {
        clusterId,
        nextOffset,
        isAlive: this.sessions.isThere(brokerId), // now: it may have waited
        rack,
        brokerConfig,
      })
      if (decided.records.length > 0) this.registeredAt.set(brokerId, nextOffset)
      return decided
    }
    const { brokerEpoch, loses, partitionsLost } = await this.writer.change(
      this.timed(detections, decide),
    )
    if (partitionsLost > 0) {
      const what = `it has lost its seats in ${partitionsLost} partitions`
      log(`broker ${brokerId} comes ${withoutWhat[loses]}: ${what}`)
    }
    this.watch.heard(brokerId, incarnationId)
    this.timeline.seen(brokerId)
    return { throttleTimeMs: 0, errorCode: 0, brokerEpoch }
  }

  heartbeat(request: OwnRequestOf<'BrokerHeartbeat'>): Promise<ResponseInputOf<'BrokerHeartbeat'>> {
    const { brokerId } = request
    const decided = this.decideHeartbeat(request)
    const broker = this.image.brokers.get(brokerId)
    if (broker?.epoch === request.brokerEpoch) {
      this.watch.heard(brokerId, broker.incarnationId)
      const endOffset = request.currentMetadataOffset + 1
      this.applied.set(brokerId, { endOffset, atMs: this.options.clock.nowMs() })
      this.timeline.acts(brokerId, endOffset)
      this.timeline.seen(brokerId)
      if (this.sessions.heardOfDisk(brokerId, request.offlineLogDirs)) this.tellListeners()
      this.heardEnds(request)
    }
    return decided
  }

  /** Elects where this was the last that had to be heard of. */
  private heardEnds({ brokerId, brokerEpoch, replicaEnds }: OwnRequestOf<'BrokerHeartbeat'>): void {
    const { brokerConfig } = this.settings
    this.replicaEnds.heard({ brokerId, brokerEpoch }, replicaEnds)
    const decide = (image: MetadataImage) => {
      const endOf = this.replicaEnds.endOf((id) => image.brokers.get(id)?.epoch)
      return electFurthest(image, replicaEnds, { endOf, brokerConfig })
    }
    if (replicaEnds.length > 0 && decide(this.image).length > 0) void this.decideOnOurOwn(decide)
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
    const { isHeld, isStopped } = this.writer
    const isWish = request.wantFence || request.wantShutDown
    // While nobody knows whether the last append happened, brokers are to hear that all else is well.
    if (!isStopped && (isHeld || !isWish)) {
      const { records, response } = decide(this.image)
      if (records.length === 0) return response
      // Nor is it to wait for others who have to say where they are. It asks again soon.
      const isFenced = this.image.brokers.get(request.brokerId)?.fenced !== false
      if (isHeld) return { ...response, isFenced, shouldShutDown: false }
    }
    if (!isWish) return this.writer.change(decide)
    const why = request.wantShutDown ? 'it stops in order' : 'it has yet to catch up'
    const detections = [this.timeline.leaves(request.brokerId, why)]
    return this.writer.change(this.timed(detections, decide))
  }

  /** It is proven that a process of a broker is dead: nothing is to be waited for. */
  brokerGone(brokerId: number, incarnationId: string, why: string): void {
    if (!this.sessions.end(brokerId, incarnationId)) return
    void this.fence([{ brokerId, incarnationId, why, isHung: false }])
  }

  /** The connection on which a process of a broker was heard last is lost. It may be back soon. */
  brokerDisconnected(brokerId: number, incarnationId: string): void {
    this.timeline.seen(brokerId)
    // One that was told that it may stop does: that is no failure of anything.
    if (this.image.brokers.get(brokerId)?.inControlledShutdown === true) {
      this.sessions.end(brokerId, incarnationId)
      return
    }
    this.watch.dropped(brokerId, incarnationId)
    this.options.onDropped?.({ brokerId, incarnationId })
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

  async updateFeatures(
    request: RequestOf<'UpdateFeatures'>,
  ): Promise<ResponseInputOf<'UpdateFeatures'>> {
    const { readsUpTo = maxMetadataVersion, operators: operatorsNow } = this.options
    // One that comes after that finds what it does not read, and stops there.
    const operators = (await operatorsNow?.()) ?? new Map([['here', readRange(readsUpTo)]])
    return this.writer.change((image) => updateFeatures(image, request, { operators, readsUpTo }))
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

  /** Has the partitions of a topic replicated so many times, as its resource says. */
  resizeTopic(about: {
    name: string
    replicationFactor: number
  }): Promise<ResponseInputOf<'AlterPartitionReassignments'>> {
    const { settings } = this
    return this.writer.change((image) => resizeTopic(image, about, settings))
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
    this.sessions.configure(settings)
  }

  /** The metadata log, for who follows it. */
  get metadata(): MetadataAnswers {
    return this.answers
  }

  /** Whoever is registered is given a full session to be heard. */
  private async welcome(): Promise<void> {
    const { openDoor, secret, random, log, onFatal } = this.options
    const there = [...this.image.brokers.values()].filter(({ fenced }) => !fenced)
    for (const { id, incarnationId } of there) this.watch.expect(id, incarnationId)
    const ids = there.map(({ id }) => id)
    this.positions.expect(ids, this.settings)
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
    this.timeline.committed(this.writer.committed.offset)
    this.answers.committed()
    this.tellListeners()
  }

  private tellListeners(): void {
    for (const listener of this.listeners) listener(this.image)
  }

  private async fence(gone: readonly Gone[]): Promise<void> {
    if (this.writer.isStopped) return
    const { log } = this.options
    const { brokerConfig } = this.settings
    const detections = gone.map(({ brokerId, why }) => {
      log(`broker ${brokerId} is fenced: ${why}`)
      return this.timeline.lost(brokerId, why)
    })
    const served = gone.filter((process) => this.fencedOf(process) === false)
    await this.decideOnOurOwn((image) => {
      // Decisions may have been held: who is back by now is not gone.
      const stillGone = gone.filter(({ brokerId }) => !this.sessions.isThere(brokerId))
      return fenceBrokers(image, stillGone, brokerConfig)
    }, detections)
    for (const process of served) {
      const { brokerId, incarnationId, isHung } = process
      const isFenced = this.fencedOf(process) === true && !this.sessions.isThere(brokerId)
      if (isHung && isFenced) this.options.onHung?.({ brokerId, incarnationId })
    }
  }

  /** Whether a process is fenced; undefined where its broker is another by now. */
  private fencedOf({ brokerId, incarnationId }: Incarnation): boolean | undefined {
    const broker = this.image.brokers.get(brokerId)
    return broker?.incarnationId === incarnationId ? broker.fenced : undefined
  }

  /** Nobody waits for it. */
  private async decideOnOurOwn(
    decide: (image: MetadataImage) => readonly MetadataRecord[],
    detections: readonly Detection[] = [],
  ): Promise<void> {
    try {
      await this.writer.change(
        this.timed(detections, (image) => ({ records: decide(image), response: undefined })),
      )
    } catch (error) {
      if (!this.writer.isStopped) this.options.onFatal(error)
    }
  }

  /** The same decision, which is noted if it takes from a broker what it leads. */
  private timed<T>(
    detections: readonly Detection[],
    decide: (image: MetadataImage, offset: number) => Decision<T>,
  ): (image: MetadataImage, offset: number) => Decision<T> {
    return (image, offset) => {
      const decision = decide(image, offset)
      this.timeline.decided(decision.records, { image, offset, detections })
      return decision
    }
  }

  private tellFailover(failover: Failover): void {
    this.options.log(describeFailover(failover))
    this.options.onFailover?.(failover)
  }
}

/** What a broker comes back without, for its owner. */
const withoutWhat: Readonly<Record<Loss, string>> = {
  nothing: 'with all that it had',
  unflushed: 'after a loss of power or from another machine, perhaps without what was not flushed',
  everything: 'with another data directory, without its data',
}
