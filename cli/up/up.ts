import { extname, join } from 'node:path'
import { nodeSettings } from '../../broker/node-settings.ts'
import { realClock } from '../../lib/clock.ts'
import { acquireLock } from '../../lib/kernel-lock.ts'
import type { Logger } from '../../lib/logger.ts'
import type { MetricsServer } from '../../lib/metrics-server.ts'
import { realRandom } from '../../lib/random.ts'
import { realFiles } from '../../lib/real-files.ts'
import type { KafkaCluster } from '../../operator/api/kafka-cluster/kafka-cluster.ts'
import {
  clusterDirectory,
  clustersIn,
  openClusterPlace,
  takenSlots,
} from '../../operator/embedded/cluster-place.ts'
import { freeSlot, operatorMetricsPort, portsOf } from '../../operator/embedded/cluster-ports.ts'
import { Coalesced } from '../../operator/embedded/coalesced.ts'
import { EmbeddedOperator } from '../../operator/embedded/embedded-operator.ts'
import { operatorMetrics } from '../../operator/embedded/operator-metrics.ts'
import type { RunningCluster } from '../../operator/embedded/running-cluster.ts'
import { startCluster } from '../../operator/embedded/start-cluster.ts'
import type { UpStatus } from '../../operator/embedded/status.ts'
import { type Finding, formatFinding } from '../../operator/kube/directory/manifest.ts'
import { realManifestFiles } from '../../operator/kube/directory/manifest-files.ts'
import { openUids } from '../../operator/kube/directory/uids.ts'
import {
  type ManifestChange,
  watchManifests,
} from '../../operator/kube/directory/watch-manifests.ts'
import type { Terminal } from '../command.ts'
import type { UpArguments } from './arguments.ts'
import { serveNear } from './free-port.ts'
import { Narrator } from './narrator.ts'
import { nextSteps } from './next-steps.ts'
import { writeStatus } from './status-file.ts'

export type UpOptions = UpArguments & {
  readonly listenHost: string
  readonly terminal: Terminal
  readonly log: Logger
}

type ClusterHooks = Parameters<ConstructorParameters<typeof EmbeddedOperator>[0]['startCluster']>[1]

/** `kavka up` once nothing stands in its way: watches the manifests, and carries them out. */
export class Up {
  /** Settles with our own mistake, if there is one. */
  readonly failed: Promise<{ readonly type: 'failed'; readonly error: unknown }>
  readonly #fail: (error: unknown) => void
  readonly #options: UpOptions
  readonly #operator: EmbeddedOperator
  readonly #changes: Coalesced
  readonly #narrator = new Narrator()
  #told = new Set<string>()
  #watch: { close(): Promise<void> } | undefined
  #server: MetricsServer | undefined
  #isStarted = false
  #isStopping = false

  private constructor(options: UpOptions) {
    const failed = Promise.withResolvers<{ type: 'failed'; error: unknown }>()
    this.failed = failed.promise
    this.#fail = (error) => failed.resolve({ type: 'failed', error })
    this.#options = options
    this.#changes = new Coalesced(realClock, () => this.#changed())
    this.#operator = new EmbeddedOperator({
      clock: realClock,
      startCluster: (resource, hooks) => this.#startCluster(resource, hooks),
      tell: ({ level, subject, text }) => {
        options.log[level](text, { subject })
        options.terminal.print(`${subject}: ${text}`)
      },
      onChange: () => {
        if (this.#isStarted) this.#changes.ask()
      },
      onFatal: this.#fail,
    })
  }

  /**
   * @returns Once the manifests that are there were taken.
   * @throws What stands in the way. All is as it was then: brokers that served before serve on.
   */
  static async start(options: UpOptions): Promise<Up> {
    const up = new Up(options)
    try {
      await up.#start()
      return up
    } catch (error) {
      await up.detach()
      throw error
    }
  }

  /** Ends all brokers, each in order. */
  async stop(): Promise<void> {
    this.#isStopping = true
    await this.#watch?.close()
    await this.#operator.stop()
    this.#end()
  }

  /** Lets go of all brokers, which serve on for ten minutes: the next `kavka up` finds them. */
  async detach(): Promise<void> {
    this.#isStopping = true
    await this.#watch?.close()
    await this.#operator.detach()
    this.#end()
  }

  async #start(): Promise<void> {
    process.on('uncaughtException', this.#fail)
    const { directory, dataDirectory, listenHost } = this.#options
    const { metrics } = operatorMetrics({
      startedMs: realClock.nowMs(),
      clusters: () => this.#operator.clusters,
    })
    const notReady = () => this.#notReady()
    const address = { host: listenHost, port: operatorMetricsPort }
    this.#server = await serveNear(address, { metrics, notReady })
    const first = Promise.withResolvers<void>()
    this.#watch = watchManifests({
      directory,
      files: realManifestFiles,
      clock: realClock,
      uids: openUids(join(dataDirectory, 'uids.json'), realRandom),
      changed: async (change) => {
        await this.#take(change)
        first.resolve()
      },
      failed: (error) => {
        first.reject(error)
        this.#fail(error)
      },
    })
    await first.promise
    this.#isStarted = true
    this.#changes.ask()
  }

  async #take(change: ManifestChange): Promise<void> {
    this.#tellFindings(change.findings)
    await this.#operator.apply(change)
  }

  /** Each once, for as long as it is so. */
  #tellFindings(findings: readonly Finding[]): void {
    const lines = new Set(findings.map(formatFinding))
    for (const line of lines) {
      if (!this.#told.has(line)) this.#options.terminal.complain(line)
    }
    this.#told = lines
  }

  #startCluster(resource: KafkaCluster, hooks: ClusterHooks): Promise<RunningCluster> {
    const { dataDirectory, basePort, listenHost, host, log } = this.#options
    const { namespace, name } = resource.metadata
    const directory = clusterDirectory(dataDirectory, `${namespace}/${name}`)
    const ends = { files: realFiles, random: realRandom }
    const slot = freeSlot(takenSlots(realFiles, dataDirectory))
    const place = openClusterPlace(directory, { ...ends, slot })
    const describe = `kavka up ${this.#options.directory}`
    return startCluster(resource, {
      ...ends,
      ...hooks,
      clock: realClock,
      place,
      ports: portsOf(place.slot, basePort),
      listenHost,
      advertisedHost: host ?? 'localhost',
      program: brokerProgram,
      log: log.child({ cluster: name, namespace }),
      lock: (path) => acquireLock(path, { waitMs: lockWaitMs, clock: realClock, describe }),
      onFatal: this.#fail,
    })
  }

  #changed(): void {
    const { terminal, dataDirectory, directory } = this.#options
    const status = this.#status()
    this.#tryToWrite(() => writeStatus(dataDirectory, status))
    for (const line of this.#narrator.next(status)) terminal.print(line)
    if (this.#isStopping) return
    for (const cluster of this.#narrator.ready(status)) {
      terminal.print(nextSteps(cluster, { directory, metricsEndpoint: status.metricsEndpoint }))
    }
  }

  /** A disk that is full is told of once by each who needs it; a status can wait. */
  #tryToWrite(write: () => void): void {
    try {
      write()
    } catch (error) {
      this.#options.log.error('the status cannot be written', { reason: (error as Error).message })
    }
  }

  #status(): UpStatus {
    const host = this.#options.host ?? 'localhost'
    const metricsEndpoint = `http://${host}:${this.#server?.port}/metrics`
    const knownClusters = clustersIn(realFiles, this.#options.dataDirectory)
    return this.#operator.status({ pid: process.pid, metricsEndpoint, knownClusters })
  }

  #notReady(): string | undefined {
    if (!this.#isStarted) return 'starting'
    if (this.#isStopping) return 'stopping'
    const { clusters } = this.#status()
    const brokers = clusters.flatMap((cluster) => cluster.brokers)
    const ready = brokers.filter(({ state }) => state === 'Ready').length
    return ready === brokers.length ? undefined : `${ready} of ${brokers.length} brokers are ready`
  }

  #end(): void {
    if (this.#isStarted) this.#changes.now()
    this.#changes.cancel()
    this.#server?.close()
    process.off('uncaughtException', this.#fail)
  }
}

/** As this process is run: from sources, or compiled. */
const brokerProgram = {
  nodePath: process.execPath,
  nodeArguments: nodeSettings.flags,
  environment: nodeSettings.env,
  main: join(import.meta.dirname, `../../broker/main${extname(import.meta.filename)}`),
}

/** The controller before this one is in the same process, and is about to let go. */
const lockWaitMs = 2_000
