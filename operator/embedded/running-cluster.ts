import type { MetadataImage } from '../../broker/metadata/image.ts'
import type { ImageChanges } from '../../broker/metadata/image-changes.ts'
import { KafkaError } from '../../broker/protocol/errors.ts'
import type { Clock } from '../../lib/clock.ts'
import type { KafkaCluster } from '../api/kafka-cluster/kafka-cluster.ts'
import type { Controller, ControllerSettings } from '../controller/controller.ts'
import type { ControllerHost } from '../controller/controller-host.ts'
import type { Incarnation } from '../controller/decide/fencing.ts'
import type { FailoverCounts } from '../controller/timeline/failover-counts.ts'
import { controllerSettings } from '../kafka-cluster/controller-settings.ts'
import { isComplete } from '../kafka-cluster/is-complete.ts'
import { mayBeAway } from '../kafka-cluster/may-be-away.ts'
import { type BrokersPlan, planBrokers } from '../kafka-cluster/plan-brokers.ts'
import type { ProcessRuntime, RunningBroker } from '../runtime/process/process-runtime.ts'
import { ServingBrokers } from './serving-brokers.ts'

type HostHooks = {
  onImage(changes: ImageChanges): void
  onHung(process: Incarnation): void
  onDropped(process: Incarnation): void
  onChange(): void
}

export type RunningClusterOptions = {
  readonly clusterId: string
  /** What clients are told to dial. */
  readonly advertisedHost: string
  readonly clock: Clock
  readonly onFatal: (error: unknown) => void
  readonly startController: (
    settings: ControllerSettings,
    hooks: HostHooks,
  ) => Promise<ControllerHost>
  readonly openRuntime: (onChange: () => void) => Promise<ProcessRuntime>
  /** What is in the metadata log has changed. */
  readonly onImage: (changes: ImageChanges) => void
  /** Anything that a status shows has changed. */
  readonly onChange: () => void
  /** The process of a broker was killed, since it hung. */
  readonly onKilled: (nodeId: number) => void
}

/** One cluster that is run here: its controller in this process, and the processes of its brokers. */
export class RunningCluster {
  readonly #options: RunningClusterOptions
  readonly #host: ControllerHost
  readonly #runtime: ProcessRuntime
  readonly #serving = new ServingBrokers()
  readonly #startedMs: number
  #resource: KafkaCluster
  #plan: BrokersPlan
  /** From `begin` until it is ended. */
  #isActing = false

  private constructor(
    options: RunningClusterOptions,
    parts: { resource: KafkaCluster; host: ControllerHost; runtime: ProcessRuntime },
  ) {
    this.#options = options
    this.#startedMs = options.clock.monotonicMs()
    this.#resource = parts.resource
    this.#host = parts.host
    this.#runtime = parts.runtime
    this.#plan = planBrokers(parts.resource, parts.host.image)
  }

  /**
   * Finds the brokers that run, and starts its controller. Nothing is changed before `begin`.
   *
   * @throws What keeps the controller from starting.
   */
  static async start(
    resource: KafkaCluster,
    options: RunningClusterOptions,
  ): Promise<RunningCluster> {
    let cluster: RunningCluster | undefined
    const runtime = await options.openRuntime(() => {
      if (cluster !== undefined) cluster.#runtimeChanged()
    })
    try {
      const host = await options.startController(
        controllerSettings(resource, runtime.heartbeatIntervalsMs()),
        {
          onImage: (changes) => {
            if (cluster !== undefined) cluster.#imageChanged(changes)
          },
          onHung: (process) => {
            if (cluster !== undefined) cluster.#processHangs(process)
          },
          onDropped: ({ brokerId }) => runtime.check(brokerId),
          onChange: () => {
            if (cluster !== undefined) cluster.#reconcile()
          },
        },
      )
      cluster = new RunningCluster(options, { resource, host, runtime })
      cluster.#runtimeChanged() // those that run already
      return cluster
    } catch (error) {
      runtime.detach()
      throw error
    }
  }

  /** From now on brokers come to be as the resource says. */
  begin(): void {
    this.#isActing = true
    const running = new Set(
      this.brokers.flatMap(({ nodeId, pid }) => (pid === null ? [] : [nodeId])),
    )
    for (const { id, fenced } of this.image.brokers.values()) {
      if (!fenced && !running.has(id)) this.#isDead(id, 'it has no process any more')
    }
    this.#reconcile()
  }

  get resource(): KafkaCluster {
    return this.#resource
  }

  get clusterId(): string {
    return this.#options.clusterId
  }

  get advertisedHost(): string {
    return this.#options.advertisedHost
  }

  /** What is in the metadata log, as far as is known here. */
  get image(): MetadataImage {
    return this.#host.image
  }

  get plan(): BrokersPlan {
    return this.#plan
  }

  get failovers(): FailoverCounts {
    return this.#host.failovers
  }

  get brokers(): readonly RunningBroker[] {
    return this.#runtime.brokers()
  }

  /** Why nothing can be decided, or undefined. */
  get withoutController(): string | undefined {
    return this.#host.problem
  }

  /** @throws {KafkaError} NOT_CONTROLLER, while there is none. */
  get controller(): Controller {
    return this.#host.controller
  }

  isServing(nodeId: number): boolean {
    return this.#serving.isServing(nodeId, this.image)
  }

  /** Whether it says that its disk is full or failed. */
  isDiskFailing(nodeId: number): boolean {
    return this.withoutController === undefined && this.controller.isDiskFailing(nodeId)
  }

  /** Whether topics can be spread over its brokers. */
  get isComplete(): boolean {
    const waitedMs = this.#options.clock.monotonicMs() - this.#startedMs
    return isComplete(this.#plan, { image: this.image, waitedMs })
  }

  /** The resource was edited. */
  update(resource: KafkaCluster): void {
    this.#resource = resource
    this.#host.configure(controllerSettings(resource, this.#runtime.heartbeatIntervalsMs()))
    this.#reconcile()
  }

  /** Stops all in order: brokers hand over what they lead while there is still a controller. */
  async stop(): Promise<void> {
    this.#isActing = false
    await this.#runtime.stop()
    await this.#host.close()
  }

  /** Lets go of the brokers, which serve on for some time. */
  async detach(): Promise<void> {
    this.#isActing = false
    this.#runtime.detach()
    await this.#host.close()
  }

  #reconcile(): void {
    if (!this.#isActing) return
    this.#plan = planBrokers(this.#resource, this.image)
    this.#runtime
      .apply(this.#plan.desired, {
        isServing: (nodeId) => this.isServing(nodeId),
        mayBeAway: () => mayBeAway(this.image),
      })
      .catch(this.#options.onFatal)
    this.#forgetLeaving()
    this.#options.onChange()
  }

  #imageChanged(changes: ImageChanges): void {
    // What its controller heard of a broker may be that its connection is gone.
    for (const { before, after } of changes.brokers)
      this.#runtime.check((before ?? after)?.id ?? -1)
    // With its last partition a broker that is not wanted any more may go; and once all are in sync again
    // the next one may be started anew.
    const isWaiting = this.#plan.occupied.length > 0 || this.#runtime.isRolling
    const mayGo = changes.topics.length > 0 && isWaiting
    if (changes.brokers.length > 0 || mayGo) this.#reconcile()
    this.#options.onImage(changes)
    this.#options.onChange()
  }

  #runtimeChanged(): void {
    this.#host.configure(controllerSettings(this.#resource, this.#runtime.heartbeatIntervalsMs()))
    for (const id of this.#serving.processes(this.brokers, this.image))
      this.#isDead(id, 'its process ended')
    this.#forgetLeaving()
    this.#options.onChange()
  }

  /** Proof of death: whoever comes next need not wait for its session to be over. */
  #isDead(brokerId: number, why: string): void {
    const { incarnationId } = this.image.brokers.get(brokerId) ?? {}
    if (incarnationId === undefined || this.withoutController !== undefined) return
    if (this.#isActing) this.controller.brokerGone(brokerId, incarnationId, why)
  }

  /** Clients would wait for it as long as its connections are there (fence, then kill). */
  #processHangs({ brokerId, incarnationId }: Incarnation): void {
    const pid = this.#serving.pidOf(brokerId, incarnationId)
    if (!this.#isActing || pid === undefined) return
    this.#runtime.kill(brokerId, pid, 'it said nothing any more, and was killed')
    this.#options.onKilled(brokerId)
  }

  /** Brokers that are not wanted any more, and whose processes have ended. */
  #forgetLeaving(): void {
    if (!this.#isActing) return
    for (const id of this.#plan.leaving) {
      const isThere = this.brokers.some(({ nodeId, pid }) => nodeId === id && pid !== null)
      if (isThere || this.image.brokers.get(id)?.fenced !== true) continue
      if (this.withoutController !== undefined) continue
      this.controller.unregisterBroker(id).catch((error: unknown) => {
        if (!(error instanceof KafkaError)) this.#options.onFatal(error)
      })
    }
  }
}
