import { type Clock, sleep } from '../../../../lib/clock.ts'
import type { Logger } from '../../../../lib/logger.ts'
import type { Random } from '../../../../lib/random.ts'
import type { WatchCount } from '../metrics/watch-counts.ts'
import type { Answer } from '../requests/answer.ts'
import type { KubeClient } from '../requests/kube-client.ts'
import { isOlder } from '../watch/versions.ts'
import { type Delivery, Watch } from '../watch/watch.ts'
import {
  type Lease,
  leaseKind,
  leaseRecord,
  releasedSpec,
  renewedSpec,
  takenSpec,
} from './lease-object.ts'
import {
  decideLease,
  type LeaseDecision,
  type LeaseTimes,
  type LeaseView,
  unknownLease,
  withLease,
} from './lease-state.ts'

export type LeadershipOptions = {
  readonly namespace: string
  /** Of the Lease. */
  readonly name: string
  /** Of this process, and of no other before or after it. */
  readonly identity: string
  readonly times: LeaseTimes
  /** For the Lease alone, so that nothing is in the way of a renewal. */
  readonly client: KubeClient
  /** For the watch of the Lease: a standby asks nothing while all is well. */
  readonly watchClient: KubeClient
  /** A hint that `role` is another one now. */
  readonly changed: (role: LeaseDecision['role']) => void
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly count: WatchCount
}

/**
 * Who of several replicas acts. The Lease keeps them from getting into each other's way and is no
 * fence: what they write has conditions of its own.
 */
export class Leadership {
  readonly #options: LeadershipOptions
  readonly #watch: Watch<Lease>
  readonly #stopped = new AbortController()
  #view: LeaseView = unknownLease
  #told: LeaseDecision['role'] = 'standby'
  #wake = new AbortController()
  #writing = false

  constructor(options: LeadershipOptions) {
    this.#options = options
    const { namespace, name, watchClient: client, clock, random, logger, count } = options
    this.#watch = new Watch<Lease>({
      kind: leaseKind,
      selection: { namespace, fieldSelector: `metadata.name=${name}` },
      client,
      deliver: (delivery) => this.#hear(delivery),
      clock,
      random,
      logger,
      count,
    })
  }

  /** As of now: a process that stood still for a while knows it before it hears anything. */
  get role(): LeaseDecision['role'] {
    return this.#decide().role
  }

  /** Who holds the Lease as far as is known; undefined: nobody. */
  get holder(): string | undefined {
    const { lease } = this.#view
    return typeof lease === 'object' && lease.holder !== '' ? lease.holder : undefined
  }

  /** Settles once it is stopped, and has let go of the Lease. */
  async run(): Promise<void> {
    await Promise.all([this.#watch.run(), this.#contend()])
  }

  /** Lets go of the Lease, so that nobody has to wait for its end. */
  stop(): void {
    this.#stopped.abort()
    this.#watch.stop()
    this.#wake.abort()
  }

  /** Its connection was refused, say: its Lease need not be waited for. */
  holderIsDead(holder: string): void {
    this.#see({ ...this.#view, dead: holder })
  }

  async #contend(): Promise<void> {
    const { clock } = this.#options
    while (!this.#stopped.signal.aborted) {
      const { role, write, againMs } = this.#decide()
      this.#tell(role)
      if (write !== undefined) {
        await this.#write(write)
        continue
      }
      const waitMs = (againMs ?? Infinity) - clock.monotonicMs()
      await sleep(clock, Math.min(longestWaitMs, waitMs), this.#wake.signal)
      if (this.#wake.signal.aborted) this.#wake = new AbortController()
    }
    await this.#release()
    this.#tell('standby')
  }

  #decide(): LeaseDecision {
    const { identity, times, clock } = this.#options
    return decideLease(this.#view, identity, times, clock.monotonicMs())
  }

  #tell(role: LeaseDecision['role']): void {
    if (role === this.#told) return
    const { logger, name, changed } = this.#options
    logger.info('the role by the Lease changed', { lease: name, from: this.#told, to: role })
    this.#told = role
    changed(role)
  }

  async #write(what: 'create' | 'renew' | 'take'): Promise<void> {
    const { clock } = this.#options
    const sentMs = clock.monotonicMs()
    this.#writing = true
    const answer = await this.#ask(what)
    this.#writing = false
    if (answer.ok) {
      this.#see({ ...this.#seen(answer.value), renewedMs: sentMs, notBeforeMs: 0 })
    } else {
      // It may have happened, or somebody else was faster.
      await this.#read()
      const delayMs = retryMs / 2 + this.#options.random.below(retryMs)
      this.#see({ ...this.#view, notBeforeMs: clock.monotonicMs() + delayMs })
    }
  }

  #ask(what: 'create' | 'renew' | 'take'): Promise<Answer<Lease>> {
    const { identity, times, clock } = this.#options
    const nowMs = clock.nowMs()
    if (what === 'renew') return this.#patch(renewedSpec(nowMs))
    const taken = { identity, durationMs: times.durationMs, nowMs }
    const { lease } = this.#view
    if (typeof lease === 'object') return this.#patch(takenSpec(taken, lease.transitions + 1))
    const { client, namespace, name } = this.#options
    const { apiVersion, kind } = leaseKind
    const spec = takenSpec(taken, 0)
    return client.create<Lease>(leaseKind, namespace, {
      apiVersion,
      kind,
      metadata: { name, namespace },
      spec,
    })
  }

  /** Only if nobody wrote since it was last seen. */
  #patch(spec: object): Promise<Answer<Lease>> {
    const { lease } = this.#view
    const resourceVersion = typeof lease === 'object' ? lease.version : ''
    const { client, namespace, name } = this.#options
    const patch = { metadata: { resourceVersion }, spec }
    return client.mergePatch<Lease>(leaseKind, { namespace, name }, patch)
  }

  async #read(): Promise<void> {
    const { client, namespace, name } = this.#options
    const answer = await client.get<Lease>(leaseKind, { namespace, name })
    if (answer.ok) this.#see(this.#seen(answer.value))
    else if (answer.failure.type === 'not-found') this.#see(this.#seen('missing'))
  }

  async #release(): Promise<void> {
    const { lease } = this.#view
    if (typeof lease !== 'object' || lease.holder !== this.#options.identity) return
    const answer = await this.#patch(releasedSpec(this.#options.clock.nowMs()))
    if (answer.ok) this.#see(this.#seen(answer.value))
  }

  #hear(delivery: Delivery<Lease>): void {
    const lease = delivery.type === 'listed' ? delivery.objects[0] : delivery.object
    const known = this.#view.lease
    // The answer to our own write says the same, and when it was sent.
    if (this.#writing && lease?.spec?.holderIdentity === this.#options.identity) return
    // What is heard comes later than the answers to our own writes.
    const isLate =
      typeof known === 'object' &&
      lease !== undefined &&
      isOlder(lease.metadata.resourceVersion, known.version)
    if (isLate) return
    this.#see(this.#seen(delivery.type === 'deleted' ? 'missing' : (lease ?? 'missing')))
  }

  #seen(lease: Lease | 'missing'): LeaseView {
    const { clock, times } = this.#options
    const record = lease === 'missing' ? lease : leaseRecord(lease, times.durationMs)
    return withLease(this.#view, record, clock.monotonicMs())
  }

  #see(view: LeaseView): void {
    if (view === this.#view) return
    this.#view = view
    this.#tell(this.#decide().role)
    this.#wake.abort()
  }
}

/** Between a failed attempt and the next: half of it to one and a half of it. */
const retryMs = 300
/** A timer has an end. */
const longestWaitMs = 3_600_000
