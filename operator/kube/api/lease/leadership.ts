import { type Clock, sleep } from '../../../../lib/clock.ts'
import type { Logger } from '../../../../lib/logger.ts'
import type { Random } from '../../../../lib/random.ts'
import type { Answer, Failure } from '../requests/answer.ts'
import { type Lease, leaseRecord, releasedSpec, renewedSpec, takenSpec } from './lease-object.ts'
import type { LeaseRequests, Watching } from './lease-requests.ts'
import {
  decideLease,
  type LeaseDecision,
  type LeaseEvent,
  type LeaseRecord,
  type LeaseTimes,
  type LeaseView,
  type LeaseWrite,
  nextLease,
  unknownLease,
} from './lease-state.ts'

export type LeadershipOptions = {
  /** Of this process, and of no other before or after it. */
  readonly identity: string
  readonly times: LeaseTimes
  readonly requests: LeaseRequests
  /** A hint that `role` is another one now. */
  readonly changed: (role: LeaseDecision['role']) => void
  /** `holder` is another one now. */
  readonly holderChanged?: () => void
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

/**
 * Who of several replicas acts. The Lease keeps them from getting into each other's way and is no
 * fence: what they write has conditions of its own. A standby asks nothing while all is well.
 */
export class Leadership {
  readonly #options: LeadershipOptions
  readonly #watching: Watching
  readonly #stopped = new AbortController()
  #view: LeaseView = unknownLease
  #told: LeaseDecision['role'] = 'standby'
  #wake = new AbortController()
  #isFailing = false
  /** It does not contend before. */
  #backAtMs = Number.NEGATIVE_INFINITY

  constructor(options: LeadershipOptions) {
    this.#options = options
    this.#watching = options.requests.watch((lease) => {
      this.#see({ type: 'heard', lease: lease === undefined ? 'missing' : this.#recordOf(lease) })
    })
  }

  /** As of now: a process that stood still for a while knows it before it hears anything. */
  get role(): LeaseDecision['role'] {
    return this.#stopped.signal.aborted ? 'standby' : this.#decide().role
  }

  /** Who holds the Lease as far as is known; undefined: nobody. */
  get holder(): string | undefined {
    const { lease } = this.#view
    return typeof lease === 'object' && lease.holder !== '' ? lease.holder : undefined
  }

  /** Settles once it is stopped, and has let go of the Lease. */
  async run(): Promise<void> {
    try {
      await Promise.all([this.#watching.run(), this.#contend()])
    } finally {
      this.stop()
    }
  }

  /**
   * Lets go of the Lease, so that nobody has to wait for its end. Another may act at once: whoever
   * acted for this one has ended that before.
   */
  stop(): void {
    this.#stopped.abort()
    this.#watching.stop()
    this.#wake.abort()
  }

  /**
   * Lets go of the Lease, and does not contend for it for a while, so that another takes it if there is
   * one. Whoever acted for this one has ended that before.
   */
  async giveWay(forMs: number): Promise<void> {
    this.#backAtMs = this.#options.clock.monotonicMs() + forMs
    this.#tell(this.role)
    this.#wake.abort()
    await this.#release()
  }

  /** Its connection was refused, say: its Lease need not be waited for. */
  holderIsDead(holder: string): void {
    this.#see({ type: 'died', holder })
  }

  async #contend(): Promise<void> {
    const { clock } = this.#options
    let writing: Promise<void> | undefined
    while (!this.#stopped.signal.aborted) {
      const { role, write, againMs } = this.#decide()
      this.#tell(role)
      if (write !== undefined) {
        writing ??= (write === 'look' ? this.#look() : this.#write(write)).then(() => {
          writing = undefined
          this.#wake.abort()
        })
      }
      // A role may end while a write is under way.
      const waitMs = (againMs ?? Infinity) - clock.monotonicMs()
      const waiting = sleep(clock, Math.min(longestWaitMs, waitMs), this.#wake.signal)
      await (writing === undefined ? waiting : Promise.race([waiting, writing]))
      if (this.#wake.signal.aborted) this.#wake = new AbortController()
    }
    this.#tell('standby')
    await writing
    await this.#release()
  }

  #decide(): LeaseDecision {
    const { identity, times, clock } = this.#options
    const nowMs = clock.monotonicMs()
    if (nowMs < this.#backAtMs) {
      return { role: 'standby', write: undefined, againMs: this.#backAtMs }
    }
    return decideLease(this.#view, identity, times, nowMs)
  }

  #tell(role: LeaseDecision['role']): void {
    if (role === this.#told) return
    const { logger, changed } = this.#options
    logger.info('the role by the Lease changed', { from: this.#told, to: role })
    this.#told = role
    changed(role)
  }

  async #write(what: LeaseWrite): Promise<void> {
    const sentMs = this.#options.clock.monotonicMs()
    const answer = await this.#ask(what)
    if (answer.ok) {
      this.#isFailing = false
      this.#see({ type: 'written', lease: this.#recordOf(answer.value), sentMs })
      return
    }
    this.#logFailure(answer.failure)
    // It may have happened, or somebody else was faster.
    await this.#read()
    const { failure } = answer
    const isAway = what === 'take' && failure.type !== 'conflict'
    this.#see({ type: 'failed', waitMs: this.#waitMs(failure), isAway })
  }

  #ask(what: LeaseWrite): Promise<Answer<Lease>> {
    const { identity, times, clock, requests } = this.#options
    const { lease } = this.#view
    const nowMs = clock.nowMs()
    const taken = { identity, durationMs: times.durationMs, nowMs }
    if (typeof lease !== 'object') return requests.create(takenSpec(taken, 0))
    const spec = what === 'renew' ? renewedSpec(nowMs) : takenSpec(taken, lease.transitions + 1)
    return requests.write(spec, lease.version)
  }

  /** Whether the API server is there again. */
  async #look(): Promise<void> {
    const answer = await this.#read()
    if (answer.ok || answer.failure.type === 'not-found') return
    this.#see({ type: 'failed', waitMs: this.#waitMs(answer.failure), isAway: true })
  }

  async #read(): Promise<Answer<Lease>> {
    const answer = await this.#options.requests.read()
    if (answer.ok) this.#see({ type: 'read', lease: this.#recordOf(answer.value) })
    else if (answer.failure.type === 'not-found') this.#see({ type: 'read', lease: 'missing' })
    return answer
  }

  async #release(): Promise<void> {
    const { identity, clock, requests } = this.#options
    for (let attempt = 0; attempt < releaseAttempts; attempt++) {
      const { lease } = this.#view
      if (typeof lease !== 'object' || lease.holder !== identity) return
      const answer = await requests.write(releasedSpec(clock.nowMs()), lease.version)
      if (answer.ok) {
        this.#see({ type: 'read', lease: this.#recordOf(answer.value) })
        return
      }
      await this.#read()
    }
  }

  /** A holder has little time; of the others not all are to come at once. */
  #waitMs({ retryAfterMs = 0 }: Failure): number {
    const { random, times } = this.#options
    const usualMs = this.role === 'holder' ? holderRetryMs : retryMs
    const waitMs = usualMs / 2 + random.below(usualMs)
    return Math.max(waitMs, Math.min(retryAfterMs, times.renewMs))
  }

  #logFailure({ type, message }: Failure): void {
    const isExpected = type === 'conflict' || type === 'already-exists'
    if (isExpected || this.#isFailing) return
    this.#isFailing = true
    this.#options.logger.warn('the Lease could not be written', { failure: type, why: message })
  }

  #recordOf(lease: Lease): LeaseRecord {
    return leaseRecord(lease, this.#options.times.durationMs)
  }

  #see(event: LeaseEvent): void {
    const view = nextLease(this.#view, event, this.#options.clock.monotonicMs())
    if (view === this.#view) return
    const { holder } = this
    this.#view = view
    this.#tell(this.role)
    if (this.holder !== holder) this.#options.holderChanged?.()
    this.#wake.abort()
  }
}

/** Between a failed attempt and the next: half of it to one and a half of it. */
const retryMs = 300
const holderRetryMs = 100
/** A timer has an end. */
const longestWaitMs = 3_600_000
/** One whose answer was lost makes the next one a conflict. */
const releaseAttempts = 2
