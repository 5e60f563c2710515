import { emptyImage, type MetadataImage } from '../../broker/metadata/image.ts'
import type { ImageChanges } from '../../broker/metadata/image-changes.ts'
import { connect } from '../../broker/net/connect.ts'
import { KafkaError } from '../../broker/protocol/errors.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Logger } from '../../lib/logger.ts'
import type { Random } from '../../lib/random.ts'
import { shortHash } from '../../lib/short-hash.ts'
import type { KafkaCluster } from '../api/kafka-cluster/kafka-cluster.ts'
import type { Readiness } from '../condition.ts'
import type { Controller, ControllerSettings } from '../controller/controller.ts'
import { ControllerHost, type ControllerHostOptions } from '../controller/controller-host.ts'
import type { Incarnation } from '../controller/decide/fencing.ts'
import type { OpenDoor } from '../controller/doors.ts'
import type { MetadataStore } from '../controller/store/metadata-store.ts'
import type { FailoverCounts } from '../controller/timeline/failover-counts.ts'
import { kafkaClusterStatus } from '../kafka-cluster/cluster-status.ts'
import { controllerSettings } from '../kafka-cluster/controller-settings.ts'
import { isComplete } from '../kafka-cluster/is-complete.ts'
import { notInSync } from '../kafka-cluster/may-be-away.ts'
import { namedRack } from '../kafka-cluster/named-rack.ts'
import { planBrokers } from '../kafka-cluster/plan-brokers.ts'
import { type PodToRestart, planResources } from '../kafka-cluster/plan-resources.ts'
import type { BrokerRacks } from './broker-racks.ts'
import { clusterIdOf } from './cluster-id.ts'
import type { ClusterObjects } from './cluster-objects.ts'
import { killHung } from './hung-brokers.ts'

export type KubeClusterOptions = {
  readonly objects: ClusterObjects
  readonly racks: BrokerRacks
  /** Of brokers. */
  readonly image: string
  /** Where brokers find the controller. */
  readonly controller: { readonly host: string; readonly port: number }
  readonly operatorNamespace: string
  readonly openStore: (cluster: KafkaCluster, log: StoreOptions) => MetadataStore
  readonly openDoor: (clusterId: string) => OpenDoor
  readonly operators: NonNullable<ControllerHostOptions['operators']>
  /** Its log is of a newer version of kavka. */
  readonly onTooNew: (why: string) => void
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly onFatal: (error: unknown) => void
  readonly onImage: (changes: ImageChanges) => void
  /** What its status shows has changed. */
  readonly onChange: () => void
  readonly onRestart: (restart: PodToRestart) => void
}

export type StoreOptions = {
  readonly clusterId: string
  /** The log was there before: one that is gone is not begun anew. */
  readonly isKnown: boolean
  /** Why it is not known what became of a write; undefined: it is again. */
  readonly onUndecided: (why: string | undefined) => void
}

/** One cluster in Kubernetes, while this process is the active operator. */
export class KubeCluster {
  readonly #options: KubeClusterOptions
  readonly #startedMs: number
  #resource: KafkaCluster
  #host: ControllerHost | undefined
  #secret: Uint8Array | undefined
  /** Of the controller that there is, or of one that is starting. */
  #store: MetadataStore | undefined
  /** Why there is no controller yet. */
  #problem = 'the controller is starting'
  #undecided: string | undefined
  /** Who was not in sync when it was reconciled last. */
  #lagging = ''
  #isClosed = false

  constructor(resource: KafkaCluster, options: KubeClusterOptions) {
    this.#resource = resource
    this.#options = options
    this.#startedMs = options.clock.monotonicMs()
  }

  get resource(): KafkaCluster {
    return this.#resource
  }

  get uid(): string {
    return uidOf(this.#resource)
  }

  /** What is in the metadata log; undefined while it was not read. */
  get image(): MetadataImage | undefined {
    return this.#host?.image
  }

  /** Undefined while there was no controller yet. */
  get failovers(): FailoverCounts | undefined {
    return this.#host?.failovers
  }

  /** Why nothing can be decided, or undefined. */
  get withoutController(): string | undefined {
    return this.#host === undefined ? this.#problem : (this.#host.problem ?? this.#undecided)
  }

  /** @throws {KafkaError} NOT_CONTROLLER, while there is none. */
  get controller(): Controller {
    if (this.#host !== undefined) return this.#host.controller
    throw new KafkaError('NOT_CONTROLLER', this.#problem)
  }

  /** Whether topics can be spread over its brokers. */
  get isComplete(): boolean {
    const { image } = this
    if (image === undefined) return false
    const waitedMs = this.#options.clock.monotonicMs() - this.#startedMs
    return isComplete(planBrokers(this.#resource, image), { image, waitedMs })
  }

  /** Whether it is to be reconciled, since replicas are in sync that were not, or the other way round. */
  get isOutOfDate(): boolean {
    const { image } = this
    return image !== undefined && laggingIn(image) !== this.#lagging
  }

  /**
   * Brings the cluster to what its resource says.
   *
   * @throws {ReconcileError} Only an edit can help. @throws {KubeError} {StorageError} ... What passes.
   */
  async reconcile(resource: KafkaCluster): Promise<void> {
    this.#resource = resource
    const { objects, racks } = this.#options
    await this.#startController()
    await this.#keepSecret()
    const { rack } = resource.spec.brokers
    // Where the resource names them nobody has to be asked.
    const topologyKey = rack?.names === undefined ? rack?.topologyKey : undefined
    await racks.learn(objects.pods(resource), topologyKey)
    this.#host?.configure(this.#settings())
    const { image } = this
    if (image !== undefined) this.#lagging = laggingIn(image)
    const observed = objects.observe(resource, image)
    const plan = planResources(resource, observed, this.#context())
    await objects.carryOut(plan, this.#options.onRestart)
    await this.#forgetLeaving()
  }

  /**
   * What its status is to say now.
   *
   * @param resource With the status that it has.
   * @param refused Why it is not as its resource says, if nothing but that is to be told.
   */
  status(
    resource: KafkaCluster,
    refused: Readiness | undefined,
  ): NonNullable<KafkaCluster['status']> {
    const { clock, objects } = this.#options
    return kafkaClusterStatus(resource, {
      image: this.image ?? emptyImage,
      pods: objects.pods(resource),
      refused,
      withoutController: this.withoutController,
      isDiskFailing: (id) => this.#isDiskFailing(id),
      nowMs: clock.nowMs(),
    })
  }

  /** How many brokers there are to be, and how many serve clients. */
  brokerCounts(): { readonly desired: number; readonly ready: number } {
    const { brokers } = this.status(this.#resource, undefined)
    return { desired: this.#resource.spec.brokers.replicas, ready: brokers?.ready ?? 0 }
  }

  /** Lets go of it: brokers serve on, and find the operator that is active next. */
  async close(): Promise<void> {
    this.#isClosed = true
    // A controller that waits to take over, since the API is away, must not do so once it is back.
    if (this.#host?.problem !== undefined || this.#host === undefined) this.#store?.close()
    await this.#host?.close()
  }

  #isDiskFailing(brokerId: number): boolean {
    return this.withoutController === undefined && this.controller.isDiskFailing(brokerId)
  }

  #settings(): ControllerSettings {
    const pods = this.#options.objects.pods(this.#resource)
    const intervals = pods.flatMap(({ heartbeatIntervalMs }) => heartbeatIntervalMs ?? [])
    const { racks } = this.#options
    const { spec } = this.#resource
    return controllerSettings(this.#resource, intervals, (id) => {
      return namedRack(spec, id) ?? racks.rackOf(id)
    })
  }

  #context() {
    const { image, controller, operatorNamespace } = this.#options
    const clusterId = this.#clusterId()
    const secretHash = shortHash(Buffer.from(this.#secret ?? []).toString('hex'))
    return { clusterId, image, secretHash, controllers: [controller], operatorNamespace }
  }

  /** The one that its log has; nobody else's log is taken for it. */
  #clusterId(): string {
    return this.#resource.status?.clusterId ?? clusterIdOf(this.uid)
  }

  async #startController(): Promise<void> {
    if (this.#host !== undefined || this.#isClosed) return
    const { objects, openStore, openDoor, operators, clock, random, logger } = this.#options
    const { onTooNew, onFatal, onImage, onChange } = this.#options
    const clusterId = this.#clusterId()
    const resource = this.#resource
    const secret = await objects.secret(resource, () =>
      Buffer.from(random.bytes(32)).toString('hex'),
    )
    if (this.#isClosed) return
    this.#secret = secret
    // At each opening, since a controller is followed by others on the same log.
    const isKnown = () => {
      return this.#host !== undefined || this.#resource.status?.clusterId !== undefined
    }
    const onUndecided = (why: string | undefined) => {
      this.#undecided = why
      onChange()
    }
    try {
      const host = await ControllerHost.start(
        {
          openStore: () => {
            this.#store = openStore(resource, { clusterId, isKnown: isKnown(), onUndecided })
            return this.#store
          },
          openDoor: openDoor(clusterId),
          clusterId,
          secret,
          clock,
          random,
          operators,
          log: logger,
          onFatal,
          onImage,
          onChange,
          onHung: (process) => {
            this.#killHung(process).catch(onFatal)
          },
          onTooNew,
        },
        this.#settings(),
      )
      if (this.#isClosed) await host.close()
      else this.#host = host
    } catch (error) {
      if (error instanceof Error) this.#problem = error.message
      throw error
    }
    onChange()
  }

  async #killHung(process: Incarnation): Promise<void> {
    const { objects, clock, logger, onRestart } = this.#options
    await killHung(process, {
      image: () => this.image,
      pods: () => objects.pods(this.#resource),
      dial: (address) => connect({ ...address, clock, connectTimeoutMs: 500 }),
      kill: async (pod) => {
        await objects.kill(pod, this.#resource)
        onRestart({ pod, reason: 'Hangs' })
      },
      log: (message) => logger.warn(message),
    })
  }

  /** Brokers have it in memory, so one that somebody deleted is made again as it was. */
  async #keepSecret(): Promise<void> {
    const secret = this.#secret
    if (secret === undefined) return
    await this.#options.objects.secret(this.#resource, () => Buffer.from(secret).toString())
  }

  /** Brokers that are not wanted any more, and whose pods are gone. */
  async #forgetLeaving(): Promise<void> {
    const { image } = this
    if (image === undefined || this.withoutController !== undefined) return
    const pods = this.#options.objects.pods(this.#resource)
    for (const id of planBrokers(this.#resource, image).leaving) {
      if (pods.some(({ brokerId }) => brokerId === id)) continue
      if (image.brokers.get(id)?.fenced === true) await this.controller.unregisterBroker(id)
    }
  }
}

function laggingIn(image: MetadataImage): string {
  return [...notInSync(image)].toSorted((a, b) => a - b).join()
}

function uidOf({ metadata }: KafkaCluster): string {
  return metadata.uid ?? ''
}
