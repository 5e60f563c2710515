import type { ClusterPlan } from './plans.ts'
import type { Outcome } from './run.ts'

/** What many runs came to: how fast they were, what befell them, and whether it was enough to prove something. */
export class Tally {
  readonly #began = performance.now()
  readonly #struck = new Map<string, number>()
  readonly #cameAbout = new Map<string, number>()
  readonly #sought = new Map<string, number>()
  #seeds = 0
  #events = 0
  #virtualMs = 0
  #asked = 0
  #acknowledged = 0

  add(plan: ClusterPlan, { world, strikes, counts, produced }: Outcome): void {
    this.#seeds++
    this.#events += world.events
    this.#virtualMs += world.nowMs
    this.#asked += produced.asked
    this.#acknowledged += produced.acknowledged
    for (const kind of Object.keys(plan.rates)) count(this.#struck, kind, 0)
    for (const [kind, { struck }] of strikes) count(this.#struck, kind, struck)
    for (const [what, times] of Object.entries(counts)) count(this.#cameAbout, what, times)
    for (const what of plan.seeks) count(this.#sought, what, this.#cameAbout.get(what) ?? 0)
  }

  /** Why these runs prove too little, if so. To be asked after a hundred of them. */
  get problem(): string | undefined {
    const kinds = [...this.#struck, ...this.#sought]
    const never = kinds.filter(([, struck]) => struck === 0).map(([kind]) => kind)
    if (never.length > 0) return `never struck: ${never.join(', ')}`
    const isEnough = this.#acknowledged >= 0.8 * this.#asked
    return isEnough ? undefined : `${this.#acknowledged} of ${this.#asked} records acknowledged`
  }

  get lines(): string[] {
    const seconds = (performance.now() - this.#began) / 1_000
    const perSecond = (this.#seeds / seconds).toFixed(1)
    const eventUs = ((seconds * 1e6) / this.#events).toFixed(1)
    const each = (counts: ReadonlyMap<string, number>) => {
      return [...counts].map(([what, times]) => `${what} ${times}`).join(', ')
    }
    const { leaderlessMs = 0, ...rest } = Object.fromEntries(this.#cameAbout)
    const share = ((100 * leaderlessMs) / (this.#virtualMs * 2)).toFixed(1)
    return [
      `${this.#seeds} seeds, ${perSecond} a second, ${eventUs} us an event`,
      `${this.#acknowledged} of ${this.#asked} records acknowledged; without a leader ${share} % of the time`,
      each(this.#struck),
      each(new Map(Object.entries(rest))),
    ]
  }
}

function count(counts: Map<string, number>, what: string, times: number): void {
  counts.set(what, (counts.get(what) ?? 0) + times)
}
