import type { Clock } from '../../../../../lib/clock.ts'
import { sleep } from '../../../../../lib/clock.ts'
import type { Lease, LeaseSpec } from '../../../../../operator/kube/api/lease/lease-object.ts'
import type { LeaseRequests } from '../../../../../operator/kube/api/lease/lease-requests.ts'
import {
  type Answer,
  failed,
  noAnswer,
  succeeded,
} from '../../../../../operator/kube/api/requests/answer.ts'
import { failureOf } from '../../../../../operator/kube/api/requests/failure-of.ts'

/** What happens to a request of one candidate. `late` is how long its answer takes. */
export type WayFault =
  | { readonly type: 'none'; readonly lateMs: number }
  | { readonly type: 'lost' | 'answer-lost'; readonly lateMs: number }

/** One Lease of an API server, without one. */
export class FakeLease {
  lease: Lease | undefined
  /** What was asked, in order: who, and what. */
  readonly asked: string[] = []
  private version = 100
  private readonly ways = new Set<Way>()

  /** As somebody else writes it; undefined: deletes it. */
  put(spec: LeaseSpec | undefined): void {
    const metadata = { name: 'operator', uid: 'u', resourceVersion: String(++this.version) }
    this.lease = spec === undefined ? undefined : { metadata, spec }
    for (const way of this.ways) way.tell(this.lease)
  }

  /** For one candidate. */
  way(who: string, clock: Clock): Way {
    const way = new Way(this, who, clock)
    this.ways.add(way)
    return way
  }

  change(spec: LeaseSpec, version: string | undefined): Answer<Lease> {
    if (version !== this.lease?.metadata.resourceVersion) {
      const reason = version === undefined ? 'AlreadyExists' : 'Conflict'
      return failed(failureOf(this.lease === undefined ? 404 : 409, { reason }))
    }
    this.put({ ...this.lease?.spec, ...spec })
    return this.read()
  }

  read(): Answer<Lease> {
    const { lease } = this
    return lease === undefined ? failed(failureOf(404, {})) : succeeded(lease)
  }
}

/** What one candidate asks, and hears. */
class Way implements LeaseRequests {
  fault: () => WayFault = () => ({ type: 'none', lateMs: 0 })
  private readonly server: FakeLease
  private readonly who: string
  private readonly clock: Clock
  private hear: ((lease: Lease | undefined) => void) | undefined
  private isCut = false

  constructor(server: FakeLease, who: string, clock: Clock) {
    this.server = server
    this.who = who
    this.clock = clock
  }

  read(): Promise<Answer<Lease>> {
    return this.ask('read', () => this.server.read())
  }

  create(spec: LeaseSpec): Promise<Answer<Lease>> {
    return this.ask('create', () => this.server.change(spec, undefined))
  }

  write(spec: LeaseSpec, version: string): Promise<Answer<Lease>> {
    return this.ask('write', () => this.server.change(spec, version))
  }

  watch(hear: (lease: Lease | undefined) => void) {
    const stopped = Promise.withResolvers<void>()
    return {
      run: () => {
        this.hear = hear
        this.tell(this.server.lease)
        return stopped.promise
      },
      stop: () => {
        this.hear = undefined
        stopped.resolve()
      },
    }
  }

  /** Nothing goes through any more: requests end after a second, and a watch is silent. */
  cut(): void {
    this.isCut = true
    this.fault = () => ({ type: 'lost', lateMs: 1_000 })
  }

  mend(): void {
    this.isCut = false
    this.fault = () => ({ type: 'none', lateMs: 0 })
    this.tell(this.server.lease)
  }

  tell(lease: Lease | undefined): void {
    if (!this.isCut) this.hear?.(lease)
  }

  private async ask(what: string, run: () => Answer<Lease>): Promise<Answer<Lease>> {
    const { type, lateMs } = this.fault()
    this.server.asked.push(`${this.who} ${what}`)
    // Most of it on the way back: what was written is old by then.
    const thereMs = type === 'lost' ? lateMs : lateMs / 10
    if (thereMs > 0) await sleep(this.clock, thereMs)
    const answer = type === 'lost' ? undefined : run()
    if (lateMs > thereMs) await sleep(this.clock, lateMs - thereMs)
    return type === 'none' && answer !== undefined ? answer : failed(noAnswer(new Error('lost')))
  }
}
