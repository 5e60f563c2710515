import type { MetadataImage } from '../../broker/metadata/image.ts'
import { type ImageChanges, imageChanges } from '../../broker/metadata/image-changes.ts'
import { KafkaError } from '../../broker/protocol/errors.ts'
import type { Clock, Timer } from '../../lib/clock.ts'
import type { Files } from '../../lib/files.ts'
import type { HeldLock } from '../../lib/kernel-lock.ts'
import type { Logger } from '../../lib/logger.ts'
import type { Random } from '../../lib/random.ts'
import type { KafkaCluster } from '../api/kafka-cluster/kafka-cluster.ts'
import { parseDuration } from '../api/schema/duration.ts'
import { Controller } from '../controller/controller.ts'
import { DirectoryStore } from '../controller/store/directory-store.ts'
import { type BrokersPlan, planBrokers } from '../kafka-cluster/plan-brokers.ts'
import { ProcessRuntime, type RunningBroker } from '../runtime/process/process-runtime.ts'
import type { ClusterPlace } from './cluster-place.ts'
import type { ClusterPorts } from './cluster-ports.ts'
import { ServingBrokers } from './serving-brokers.ts'

export type RunningClusterOptions = {
  readonly place: ClusterPlace
  readonly ports: ClusterPorts
  /** Where brokers listen for clients, and what these are told to dial. */
  readonly listenHost: string
  readonly advertisedHost: string
  /** Of the program that brokers run. */
  readonly brokerMain: string
  readonly nodePath: string
  readonly files: Files
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  readonly lock: (path: string) => Promise<HeldLock>
  readonly onFatal: (error: unknown) => void
  /** What is in the metadata log has changed. */
  readonly onImage: (changes: ImageChanges) => void
  /** Anything that a status shows has changed. */
  readonly onChange: () => void
}

/**
 * One cluster that is run here: its controller, in this process, and the processes of its brokers.
 * A controller that ends is started anew on the same log, as often as it takes; brokers serve on
 * meanwhile.
 */
export class RunningCluster {
  readonly #options: RunningClusterOptions
  readonly #runtime: ProcessRuntime
  readonly #serving = new ServingBrokers()
  readonly #startedMs: number
  #resource: KafkaCluster
  #controller: Controller | undefined
  /** Of the last controller that there was. */
  #image: MetadataImage
  #plan: BrokersPlan
  #stopped: string | undefined
  #restart: Timer | undefined
  #renewed: Promise<void> = Promise.resolve()
  #isClosed = false

  private constructor(
    options: RunningClusterOptions,
    parts: { resource: KafkaCluster; controller: Controller; runtime: ProcessRuntime },
  ) {
    this.#options = options
    this.#startedMs = options.clock.monotonicMs()
    this.#resource = parts.resource
    this.#runtime = parts.runtime
    this.#controller = parts.controller
    this.#image = parts.controller.image
    this.#plan = planBrokers(parts.resource, this.#image)
  }

  /**
   * @throws {NetworkError} The controller's port is taken. @throws {StorageError} @throws
   *   {MetadataError} @throws {LockHeldError}
   */
  static async start(
    resource: KafkaCluster,
    options: RunningClusterOptions,
  ): Promise<RunningCluster> {
    let cluster: RunningCluster | undefined
    const controller = await startController(resource, options, (why) => {
      if (cluster !== undefined) cluster.#controllerStopped(why)
    })
    try {
      const runtime = await openRuntime(options, () => {
        if (cluster !== undefined) cluster.#runtimeChanged()
      })
      cluster = new RunningCluster(options, { resource, controller, runtime })
      cluster.#follow(controller)
      cluster.#runtimeChanged() // those that run already
      cluster.#reconcile()
      return cluster
    } catch (error) {
      await controller.close()
      throw error
    }
  }

  get resource(): KafkaCluster {
    return this.#resource
  }

  get clusterId(): string {
    return this.#options.place.clusterId
  }

  get advertisedHost(): string {
    return this.#options.advertisedHost
  }

  /** What is in the metadata log, as far as is known here. */
  get image(): MetadataImage {
    return this.#image
  }

  get plan(): BrokersPlan {
    return this.#plan
  }

  get brokers(): readonly RunningBroker[] {
    return this.#runtime.brokers()
  }

  /** Why nothing can be decided, or undefined. */
  get withoutController(): string | undefined {
    if (this.#controller !== undefined || this.#isClosed) return undefined
    return this.#stopped ?? 'it is starting'
  }

  /** @throws {KafkaError} NOT_CONTROLLER, while there is none. */
  get controller(): Controller {
    if (this.#controller !== undefined) return this.#controller
    throw new KafkaError('NOT_CONTROLLER', `there is no controller: ${this.withoutController}`)
  }

  isServing(nodeId: number): boolean {
    return this.#serving.isServing(nodeId, this.#image)
  }

  /**
   * All brokers that are wanted are there, so that topics can be spread over them; or one of them
   * does not come, and topics do without it.
   */
  get isComplete(): boolean {
    const isThere = (id: number) => this.#image.brokers.get(id)?.fenced === false
    if (this.#plan.desired.every(({ nodeId }) => isThere(nodeId))) return true
    return this.#options.clock.monotonicMs() - this.#startedMs > waitForBrokersMs
  }

  /** The resource was edited. */
  update(resource: KafkaCluster): void {
    const before = this.#resource
    this.#resource = resource
    if (resource.spec.controller.sessionTimeout !== before.spec.controller.sessionTimeout) {
      this.#startController(0)
    } else {
      this.#controller?.setBrokerConfig(brokerConfigOf(resource))
    }
    this.#reconcile()
  }

  /** Stops all in order: brokers hand over what they lead while there is still a controller. */
  async stop(): Promise<void> {
    this.#isClosed = true
    await this.#runtime.stop()
    await this.#end()
  }

  /** Lets go of the brokers, which serve on for some time. */
  async detach(): Promise<void> {
    this.#isClosed = true
    this.#runtime.detach()
    await this.#end()
  }

  #reconcile(): void {
    if (this.#isClosed) return
    this.#plan = planBrokers(this.#resource, this.#image)
    this.#runtime
      .apply(this.#plan.desired, (nodeId) => this.isServing(nodeId))
      .catch(this.#options.onFatal)
    for (const id of this.#plan.leaving) this.#forget(id)
    this.#options.onChange()
  }

  /** A broker that is not wanted any more, and whose process has ended. */
  #forget(id: number): void {
    const isThere = this.brokers.some(({ nodeId, pid }) => nodeId === id && pid !== null)
    if (isThere || this.#image.brokers.get(id)?.fenced !== true) return
    this.#controller?.unregisterBroker(id).catch((error: unknown) => {
      if (!(error instanceof KafkaError)) this.#options.onFatal(error)
    })
  }

  #runtimeChanged(): void {
    this.#serving.processes(this.brokers, this.#image)
    for (const id of this.#plan.leaving) this.#forget(id)
    this.#options.onChange()
  }

  #follow(controller: Controller): void {
    this.#image = controller.image
    controller.onImage((image) => {
      const changes = imageChanges(this.#image, image)
      this.#image = image
      for (const { before, after } of changes.brokers) this.#lookAt(before?.id ?? after?.id)
      // With its last partition a broker that is not wanted any more may go.
      const mayGo = changes.topics.length > 0 && this.#plan.occupied.length > 0
      if (changes.brokers.length > 0 || mayGo) this.#reconcile()
      this.#options.onImage(changes)
      this.#options.onChange()
    })
  }

  /** Its controller heard something of it, which may be that its connection is gone. */
  #lookAt(id: number | undefined): void {
    if (id !== undefined) this.#runtime.check(id)
  }

  #controllerStopped(why: string): void {
    if (this.#isClosed) return
    this.#options.log.error('the controller stopped', { why })
    this.#stopped = why
    this.#startController(restartAfterMs)
    this.#options.onChange()
  }

  /** Ends the one that there is, and starts another on the same log; one after another. */
  #startController(afterMs: number): void {
    this.#restart?.cancel()
    this.#restart = this.#options.clock.timer(afterMs, () => {
      this.#renewed = this.#renewed.then(() => this.#renewController())
    })
  }

  async #renewController(): Promise<void> {
    const { log, onFatal, onImage, onChange } = this.#options
    try {
      await this.#closeController()
      if (this.#isClosed) return
      const onStopped = (why: string) => this.#controllerStopped(why)
      const controller = await startController(this.#resource, this.#options, onStopped)
      this.#controller = controller
      this.#stopped = undefined
      const changes = imageChanges(this.#image, controller.image)
      this.#follow(controller)
      this.#reconcile()
      onImage(changes)
    } catch (error) {
      if (!(error instanceof Error)) return onFatal(error)
      log.error('the controller does not start', { reason: error.message })
      this.#stopped = error.message
      this.#startController(restartAfterMs)
      onChange()
    }
  }

  async #end(): Promise<void> {
    this.#restart?.cancel()
    await this.#renewed
    await this.#closeController()
  }

  async #closeController(): Promise<void> {
    const controller = this.#controller
    this.#controller = undefined
    await controller?.close()
  }
}

const waitForBrokersMs = 15_000

/** A disk that is full may have room again. */
const restartAfterMs = 2_000

function startController(
  resource: KafkaCluster,
  options: RunningClusterOptions,
  onStopped: (why: string) => void,
): Promise<Controller> {
  const { place, ports, files, clock, random, log, lock, onFatal } = options
  const { clusterId, secret, directory } = place
  return Controller.start({
    store: new DirectoryStore({
      files,
      clock,
      directory: `${directory}/metadata`,
      clusterId,
      newClusterId: clusterId,
      lock,
    }),
    clusterId,
    secret,
    listen: { host: loopback, port: ports.controller },
    clock,
    random,
    log: (message) => log.info(message),
    onFatal,
    onStopped,
    sessionTimeoutMs: parseDuration(resource.spec.controller.sessionTimeout) ?? 0,
    brokerConfig: brokerConfigOf(resource),
  })
}

function openRuntime(
  options: RunningClusterOptions,
  onChange: () => void,
): Promise<ProcessRuntime> {
  const { place, ports, listenHost, advertisedHost, clock } = options
  return ProcessRuntime.open({
    directory: place.directory,
    clusterId: place.clusterId,
    secretFile: place.secretFile,
    host: listenHost,
    advertisedHost,
    clientBasePort: ports.clientBase,
    internalBasePort: ports.internalBase,
    metricsBasePort: ports.metricsBase,
    controllers: [{ host: loopback, port: ports.controller }],
    nodePath: options.nodePath,
    brokerMain: options.brokerMain,
    stopWithoutControllerMs,
    clock,
    onChange,
  })
}

/** What decisions go by. What replication is not there for yet is one copy. */
function brokerConfigOf({ spec }: KafkaCluster): ReadonlyMap<string, string> {
  const config = new Map([['default.replication.factor', '1'], ...Object.entries(spec.config)])
  if (spec.topics.deletionProtection) config.set('delete.topic.enable', 'false')
  return config
}

/** Nobody but the processes of this machine. */
const loopback = '127.0.0.1'

/** Long enough for an update of kavka; brokers that nobody knows of are not to stay for ever. */
const stopWithoutControllerMs = 10 * 60_000
