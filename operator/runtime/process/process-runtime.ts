import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../../../lib/clock.ts'
import { nextRestarts } from '../rolling.ts'
import { BrokerFiles } from './broker-files.ts'
import {
  type BrokerPorts,
  heartbeatIntervalMsIn,
  metricsPortIn,
  optionsText,
} from './broker-options-of.ts'
import type { BrokerProgram } from './broker-process.ts'
import { BrokerSlot, type SlotState } from './broker-slot.ts'
import { freePort } from './free-port.ts'

/** A broker that there is to be. */
export type DesiredBroker = {
  readonly nodeId: number
  readonly rack: string | null
  /** Settings by Kafka's names. */
  readonly config: Readonly<Record<string, string>>
  readonly autoCreateTopics: boolean
}

/** A broker that there is, or was. */
export type RunningBroker = {
  readonly nodeId: number
  readonly state: SlotState
  /** Null: no process. */
  readonly pid: number | null
  readonly clientPort: number
  readonly metricsPort: number
  /** Since 1970; null where it was found running, or does not run. */
  readonly startedMs: number | null
  /** Why it ended last. */
  readonly problem: string | undefined
}

/** What the metadata log says of brokers, when it is asked. */
export type KnownOfBrokers = {
  readonly isServing: (nodeId: number) => boolean
  /** @returns Whom nobody misses for a while. */
  readonly mayBeAway: () => (nodeId: number) => boolean
}

export type ProcessRuntimeOptions = {
  /** Of one cluster, absolute: each broker has `brokers/<id>` in it. */
  readonly directory: string
  readonly clusterId: string
  readonly secretFile: string
  /** Where clients and scrapes are listened for, and what clients are told to dial. */
  readonly host: string
  readonly advertisedHost: string
  /** Broker i has the port + i, for metrics the next one that is free. */
  readonly clientBasePort: number
  readonly internalBasePort: number
  readonly metricsBasePort: number
  readonly controllers: readonly { readonly host: string; readonly port: number }[]
  readonly stopWithoutControllerMs: number
  readonly program: BrokerProgram
  readonly clock: Clock
  /** Something of `brokers` has changed. */
  readonly onChange: () => void
}

type Broker = {
  readonly slot: BrokerSlot
  readonly files: BrokerFiles
  desired: DesiredBroker | undefined
  metricsPort: number
}

/** Brokers as processes of this machine. They outlive this one, unless they are told to stop. */
export class ProcessRuntime {
  readonly #options: ProcessRuntimeOptions
  readonly #brokers = new Map<number, Broker>()
  readonly #allStopped = Promise.withResolvers<void>()
  #applied: Promise<void> = Promise.resolve()
  #isStopped = false

  private constructor(options: ProcessRuntimeOptions) {
    this.#options = options
  }

  /**
   * Finds the brokers that run already. None is started, stopped or changed before `apply`.
   *
   * @throws What Node says of the disk.
   */
  static async open(options: ProcessRuntimeOptions): Promise<ProcessRuntime> {
    const runtime = new ProcessRuntime(options)
    try {
      for (const nodeId of knownIds(options.directory)) await runtime.#add(nodeId)
      return runtime
    } catch (error) {
      runtime.detach()
      throw error
    }
  }

  /** By rising id: all that run, and those that are to. */
  brokers(): RunningBroker[] {
    const { clientBasePort } = this.#options
    const brokers = [...this.#brokers].filter(([, { desired, slot }]) => {
      return desired !== undefined || slot.state !== 'Stopped'
    })
    brokers.sort(([a], [b]) => a - b)
    return brokers.map(([nodeId, { slot, metricsPort }]) => {
      const { state, pid, startedMs, problem } = slot
      const clientPort = clientBasePort + nodeId
      return { nodeId, state, pid, clientPort, metricsPort, startedMs, problem }
    })
  }

  /** How often each broker that runs was told to say that it is there. */
  heartbeatIntervalsMs(): number[] {
    return Array.from(this.#brokers.values()).flatMap(({ slot: { runsWith } }) => {
      const intervalMs = runsWith === undefined ? undefined : heartbeatIntervalMsIn(runsWith)
      return intervalMs === undefined ? [] : [intervalMs]
    })
  }

  /**
   * Says which brokers there are to be: others are stopped, missing ones started, and those that run
   * with other options started anew, one after another. To be asked again whenever something changed.
   */
  apply(desired: readonly DesiredBroker[], known: KnownOfBrokers): Promise<void> {
    this.#applied = this.#applied.then(() => this.#apply(desired, known))
    return this.#applied
  }

  /** Whether some wait to be started anew. */
  get isRolling(): boolean {
    return [...this.#brokers.values()].some(({ slot }) => slot.isOutdated)
  }

  /** Something was heard of a broker: looks at once whether its process is there. */
  check(nodeId: number): void {
    this.#brokers.get(nodeId)?.slot.check()
  }

  /** Ends a process that hangs, if it is still that one. It is started again as one that ended by itself. */
  kill(nodeId: number, pid: number, why: string): void {
    this.#brokers.get(nodeId)?.slot.kill(pid, why)
  }

  /** Stops all in order. */
  async stop(): Promise<void> {
    this.#isStopped = true
    for (const { slot } of this.#brokers.values()) slot.want(undefined)
    this.#changed()
    await this.#allStopped.promise
  }

  /** Lets go of all without stopping any. */
  detach(): void {
    this.#isStopped = true
    for (const { slot } of this.#brokers.values()) slot.detach()
  }

  async #apply(
    desired: readonly DesiredBroker[],
    { isServing, mayBeAway }: KnownOfBrokers,
  ): Promise<void> {
    for (const { nodeId } of desired) {
      if (!this.#brokers.has(nodeId)) await this.#add(nodeId)
    }
    if (this.#isStopped) return
    const byId = new Map(desired.map((broker) => [broker.nodeId, broker]))
    for (const [nodeId, broker] of this.#brokers) {
      broker.desired = byId.get(nodeId)
      this.#want(broker)
    }
    if (!this.isRolling) return
    const mayGo = mayBeAway()
    const rolling = desired.map(({ nodeId }) => ({
      nodeId,
      isOutdated: this.#brokers.get(nodeId)?.slot.isOutdated === true,
      isServing: isServing(nodeId),
      mayBeAway: mayGo(nodeId),
    }))
    for (const nodeId of nextRestarts(rolling)) this.#brokers.get(nodeId)?.slot.restart()
  }

  #want({ desired, slot, files, metricsPort }: Broker): void {
    if (desired === undefined) return slot.want(undefined)
    const ports = { ...this.#portsOf(desired.nodeId), metrics: metricsPort }
    slot.want(optionsText(desired, files.dataDirectory, ports, this.#options))
  }

  async #add(nodeId: number): Promise<void> {
    const { directory, clock, program } = this.#options
    const files = new BrokerFiles(directory, nodeId)
    const onChange = () => this.#changed()
    const before = files.readOptions()
    const slot = new BrokerSlot({ files, clock, program, onChange })
    slot.adopt()
    const known = before === undefined ? undefined : metricsPortIn(before)
    const metricsPort =
      known !== undefined && slot.pid !== null ? known : await this.#freeMetricsPort(nodeId, known)
    this.#brokers.set(nodeId, { slot, files, desired: undefined, metricsPort })
  }

  #changed(): void {
    this.#options.onChange()
    const slots = Array.from(this.#brokers.values(), ({ slot }) => slot)
    if (this.#isStopped && slots.every(({ state }) => state === 'Stopped')) {
      this.#allStopped.resolve()
    }
    for (const broker of this.#brokers.values()) {
      if (broker.slot.lacksPort) this.#applied = this.#applied.then(() => this.#moveMetrics(broker))
    }
  }

  /** Its metrics may be where another program was faster. */
  async #moveMetrics(broker: Broker): Promise<void> {
    const { host } = this.#options
    if (!broker.slot.lacksPort || this.#isStopped) return
    const others = [...this.#brokers.values()].filter((other) => other !== broker)
    const promised = new Set(others.map(({ metricsPort }) => metricsPort))
    const port = await freePort(host, broker.metricsPort, promised)
    if (port === broker.metricsPort || this.#isStopped) return
    broker.metricsPort = port
    this.#want(broker)
  }

  #freeMetricsPort(nodeId: number, known: number | undefined): Promise<number> {
    const { host, metricsBasePort } = this.#options
    const promised = new Set(Array.from(this.#brokers.values(), (broker) => broker.metricsPort))
    return freePort(host, known ?? metricsBasePort + nodeId, promised)
  }

  #portsOf(nodeId: number): Omit<BrokerPorts, 'metrics'> {
    const { clientBasePort, internalBasePort } = this.#options
    return { client: clientBasePort + nodeId, internal: internalBasePort + nodeId }
  }
}

/** Of brokers that were started here before. */
function knownIds(directory: string): number[] {
  try {
    const names = readdirSync(join(directory, 'brokers'))
    return names.filter((name) => /^\d{1,6}$/.test(name)).map(Number)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
