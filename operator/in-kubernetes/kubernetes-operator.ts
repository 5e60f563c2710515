import { maxMetadataVersion, readRange } from '../../broker/metadata/reads-up-to.ts'
import { KafkaError } from '../../broker/protocol/errors.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Logger } from '../../lib/logger.ts'
import type { Random } from '../../lib/random.ts'
import type { KafkaCluster } from '../api/kafka-cluster/kafka-cluster.ts'
import { SharedDoor } from '../controller/doors.ts'
import type { MetadataStore } from '../controller/store/metadata-store.ts'
import { EventRecorder } from '../kube/api/events/event-recorder.ts'
import type { KubeApi } from '../kube/api/kube-api.ts'
import type { Leadership } from '../kube/api/lease/leadership.ts'
import { PeerWatch } from '../kube/api/lease/peer-watch.ts'
import { KubeError } from '../kube/api/requests/answer.ts'
import { ActiveOperator } from './active-operator.ts'
import { BrokerRacks } from './broker-racks.ts'
import { ClusterObjects } from './cluster-objects.ts'
import { giveWayAgainMs, giveWayMs } from './give-way.ts'
import { Happenings } from './happenings.ts'
import { addressOf, identityOf } from './identity.ts'
import { KubeCluster, type StoreOptions } from './kube-cluster.ts'
import { type OtherReplica, otherReplicas } from './operator-replicas.ts'
import type { OperatorSettings } from './settings.ts'
import { WatchedObjects } from './watched-objects.ts'

export type KubernetesOperatorOptions = {
  readonly settings: OperatorSettings
  readonly kube: KubeApi
  readonly openStore: (cluster: KafkaCluster, options: StoreOptions) => MetadataStore
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** Our own mistake: the process is not to go on. */
  readonly onFatal: (error: unknown) => void
}

/**
 * The operator in Kubernetes: one of several replicas. All follow what there is, and the one that
 * holds the Lease acts on it.
 */
export class KubernetesOperator {
  readonly #options: KubernetesOperatorOptions
  readonly #watched: WatchedObjects
  readonly #leadership: Leadership
  readonly #peer: PeerWatch
  readonly #happenings: Happenings
  readonly #events: EventRecorder
  readonly #identity: string
  #door: SharedDoor | undefined
  #active: ActiveOperator | undefined
  /** One change of the role after another. */
  #changing: Promise<void> = Promise.resolve()
  #running: Promise<unknown> = Promise.resolve()
  #isStopped = false
  #mayGiveWayMs = Number.NEGATIVE_INFINITY
  readonly #mayAct = () => this.#leadership.role === 'holder'

  constructor(options: KubernetesOperatorOptions) {
    const { settings, kube, clock, random, logger } = options
    const { podName: name, podIp: ip, namespace, lease } = settings
    this.#options = options
    this.#identity = identityOf({ name, ip }, Buffer.from(random.bytes(4)).toString('hex'))
    this.#watched = new WatchedObjects(kube, settings.watchNamespaces)
    this.#leadership = kube.leadership({
      namespace,
      name: lease,
      identity: this.#identity,
      changed: () => this.#roleChanged(),
      holderChanged: () => this.#followHolder(),
    })
    this.#peer = new PeerWatch({
      clock,
      onDead: (identity) => {
        logger.warn('the active operator is gone: its port refuses', { identity })
        this.#leadership.holderIsDead(identity)
      },
    })
    this.#events = new EventRecorder({ client: kube.status, instance: name, clock, logger })
    this.#happenings = new Happenings(this.#events, logger)
  }

  /** Begins to follow, and to contend for the Lease. */
  start(): void {
    const { onFatal } = this.#options
    this.#running = Promise.all([this.#watched.run(), this.#contend()])
    this.#running.catch(onFatal)
  }

  /** Who does not know all that is there has nothing to act on: pods not heard of yet look like none. */
  async #contend(): Promise<void> {
    await this.#watched.completed
    await this.#leadership.run()
  }

  /** Why it is not of use yet, or undefined. A standby is. */
  get notReady(): string | undefined {
    if (this.#isStopped) return 'stopping'
    return this.#watched.isComplete ? undefined : 'not all resources were read yet'
  }

  get isActive(): boolean {
    return this.#active !== undefined
  }

  get clusters(): Iterable<KubeCluster> {
    return this.#active?.clusters ?? []
  }

  /** Lets go of the Lease, so that another takes over at once. Brokers serve on. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#peer.watch(undefined)
    await this.#changing
    await this.#stopActing()
    this.#watched.stop()
    this.#leadership.stop()
    await this.#running
    await this.#events.settled()
  }

  #roleChanged(): void {
    this.#changing = this.#changing.then(() => this.#takeRole()).catch(this.#options.onFatal)
  }

  async #takeRole(): Promise<void> {
    if (this.#isStopped) return
    const { role } = this.#leadership
    if (role === 'holder') this.#act()
    // With the API server away nobody else can have it: what is decided waits, and nothing is undone.
    if (role === 'standby') await this.#stopActing()
  }

  #act(): void {
    if (this.#active !== undefined) return
    const { settings, kube, clock, logger, onFatal } = this.#options
    const host = settings.listenHost
    const { port } = settings.controller
    const log = (message: string) => logger.info(message)
    this.#door ??= new SharedDoor({ host, port, clock, log, onFatal })
    this.#active = new ActiveOperator({
      kube,
      watched: this.#watched,
      happenings: this.#happenings,
      mayAct: this.#mayAct,
      makeCluster: (resource, hooks) => this.#makeCluster(resource, hooks),
      clock,
      logger,
      onFatal,
    })
  }

  #makeCluster(
    resource: KafkaCluster,
    hooks: Pick<ConstructorParameters<typeof KubeCluster>[1], 'onImage' | 'onChange'>,
  ): KubeCluster {
    const { settings, kube, openStore, clock, random, logger, onFatal } = this.#options
    const { namespace, name } = resource.metadata
    const cluster = new KubeCluster(resource, {
      ...hooks,
      objects: new ClusterObjects(kube.objects, this.#watched, this.#mayAct),
      racks: new BrokerRacks(kube.objects, ({ name: pod }, why) => {
        const note = `the rack of ${pod} is not known, and its broker stands in none: ${why}`
        this.#happenings.cluster(cluster.resource, 'RackNotKnown', note)
      }),
      image: settings.image,
      controller: settings.controller,
      operatorNamespace: settings.namespace,
      openStore,
      openDoor: (clusterId) => (this.#door as SharedDoor).of(clusterId),
      operators: async () => {
        const others = await this.#others()
        return new Map([
          [settings.podName, readRange(maxMetadataVersion)],
          ...others.map(({ podName, reads }) => [podName, reads] as const),
        ])
      },
      onTooNew: (why) => void this.#giveWay(why).catch(onFatal),
      clock,
      random,
      logger: logger.child({ cluster: `${namespace}/${name}` }),
      onFatal,
      onRestart: ({ pod, reason }) => {
        const note = `pod ${pod.name} is deleted, so that another takes its place: ${restartReasons[reason]}`
        this.#happenings.cluster(cluster.resource, 'BrokerRestarted', note)
      },
    })
    return cluster
  }

  /** @throws {KafkaError} INVALID_UPDATE_VERSION: it cannot be told who there is. */
  async #others(): Promise<OtherReplica[]> {
    const { kube, settings } = this.#options
    try {
      return await otherReplicas(kube.objects, settings)
    } catch (error) {
      if (!(error instanceof KubeError)) throw error
      const why = `which replicas of the operator there are is not known: ${error.message}`
      throw new KafkaError('INVALID_UPDATE_VERSION', why)
    }
  }

  /**
   * Lets a replica that runs another image have the Lease, since this one does not read the log of a
   * cluster. It comes back by itself, if that one does not take it, and looks after the other clusters.
   */
  async #giveWay(why: string): Promise<void> {
    const { clock, logger, onFatal } = this.#options
    if (clock.monotonicMs() < this.#mayGiveWayMs || this.#isStopped) return
    this.#mayGiveWayMs = clock.monotonicMs() + giveWayAgainMs
    try {
      const others = await this.#others()
      const to = others.filter(({ reads, isReady }) => reads === undefined && isReady)
      if (to.length === 0) return
      logger.warn('gives way to a replica of another version', {
        why,
        to: to.map(({ podName }) => podName),
      })
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      return // it is tried again where that log is
    }
    this.#changing = this.#changing
      .then(async () => {
        await this.#stopActing()
        if (!this.#isStopped) await this.#leadership.giveWay(giveWayMs)
      })
      .catch(onFatal)
  }

  async #stopActing(): Promise<void> {
    const [active, door] = [this.#active, this.#door]
    this.#active = undefined
    this.#door = undefined
    await active?.close()
    await door?.close()
  }

  /** Holds a connection to the one that is active, unless that is this process. */
  #followHolder(): void {
    const { holder } = this.#leadership
    const host = holder === undefined || holder === this.#identity ? undefined : addressOf(holder)
    const { port } = this.#options.settings.controller
    const isWanted = host !== undefined && holder !== undefined && !this.#isStopped
    this.#peer.watch(isWanted ? { identity: holder, host, port } : undefined)
  }
}

const restartReasons = {
  Outdated: 'it was made of something older',
  CrashLoop: 'Kubernetes would keep it waiting',
  Hangs: 'it is there, and says nothing any more',
} as const
