import type { Clock } from '../../../lib/clock.ts'
import type { Logger } from '../../../lib/logger.ts'
import type { Metrics } from '../../../lib/metrics.ts'
import type { Random } from '../../../lib/random.ts'
import type { ApiServer } from './access/api-server.ts'
import { Leadership, type LeadershipOptions } from './lease/leadership.ts'
import { type Lease, leaseKind } from './lease/lease-object.ts'
import { leaseRequests } from './lease/lease-requests.ts'
import { type LeaseTimes, leaseTimes } from './lease/lease-state.ts'
import { RequestCounts } from './metrics/request-counts.ts'
import { WatchCounts } from './metrics/watch-counts.ts'
import { Connection } from './requests/connection.ts'
import { KubeClient, type Selection } from './requests/kube-client.ts'
import type { KubeObject } from './requests/kube-object.ts'
import type { Kind } from './requests/paths.ts'
import { type Delivery, Watch } from './watch/watch.ts'

export type KubeApiOptions = {
  readonly server: ApiServer
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

/** All ways to one API server: a client for each kind of traffic, none of which waits for another. */
export class KubeApi {
  /** The metadata log: one write at a time, which everything waits for. */
  readonly log: KubeClient
  /** Statuses and Events: many, and never urgent. */
  readonly status: KubeClient
  /** Everything else: what reconcilers read and apply. */
  readonly objects: KubeClient
  readonly #lease: KubeClient
  readonly #options: KubeApiOptions
  readonly #requests = new RequestCounts()
  readonly #watches = new WatchCounts()
  readonly #clients: KubeClient[] = []

  constructor(options: KubeApiOptions) {
    this.#options = options
    this.log = this.#client('log', { connections: 1, timeoutMs: urgentMs })
    this.#lease = this.#client('lease', { connections: 1, timeoutMs: urgentMs })
    // More of them write no faster, and each waits longer.
    this.status = this.#client('status', { connections: 4, timeoutMs: ordinaryMs })
    this.objects = this.#client('objects', { connections: 4, timeoutMs: ordinaryMs })
  }

  /** One that has begun nothing yet: see `run`. */
  watch<T extends KubeObject>(
    kind: Kind,
    selection: Selection,
    deliver: (delivery: Delivery<T>) => void,
  ): Watch<T> {
    const { clock, random, logger } = this.#options
    const client = this.#watchClient()
    const count = this.#watches.of(kind.kind)
    return new Watch<T>({ kind, selection, deliver, client, clock, random, logger, count })
  }

  /** One that contends for nothing yet: see `run`. */
  leadership({
    namespace,
    name,
    ...options
  }: Pick<LeadershipOptions, 'identity' | 'changed' | 'holderChanged'> & {
    /** Of the Lease. */
    readonly namespace: string
    readonly name: string
    readonly times?: LeaseTimes
  }): Leadership {
    const { clock, random, logger } = this.#options
    const requests = leaseRequests({
      namespace,
      name,
      client: this.#lease,
      watch: (selection, deliver) => this.watch<Lease>(leaseKind, selection, deliver),
    })
    return new Leadership({ times: leaseTimes, ...options, requests, clock, random, logger })
  }

  addMetrics(metrics: Metrics): void {
    this.#requests.addTo(metrics)
    this.#watches.addTo(metrics)
  }

  /** What is under way fails. Whoever runs a watch stops it before. */
  async close(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()))
  }

  #watchClient(): KubeClient {
    return this.#client('watch', { connections: 1, timeoutMs: listMs })
  }

  #client(
    traffic: string,
    { connections, timeoutMs }: { connections: number; timeoutMs: number },
  ): KubeClient {
    const { server, clock } = this.#options
    const counts = this.#requests
    // One that is not there in time must not hold up the next attempt.
    const connectTimeoutMs = Math.min(longestConnectMs, timeoutMs)
    const ways = { traffic, connections, connectTimeoutMs }
    const connection = new Connection({ server, clock, counts, ...ways })
    const client = new KubeClient(connection, timeoutMs)
    this.#clients.push(client)
    return client
  }
}

/** An append takes 4 ms, 40 at worst: what takes longer is better asked about. */
const urgentMs = 1_000
const ordinaryMs = 5_000
/** For a page of 500 objects. */
const listMs = 15_000
const longestConnectMs = 2_000
