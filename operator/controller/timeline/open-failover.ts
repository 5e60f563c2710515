import { type Failover, type FailoverStep, type StepName, stepNames } from './failover.ts'
import { type Instant, latestOf } from './instant.ts'
import type { MovedLeaders } from './moved-leaders.ts'

/** How it was noticed that a broker is gone. */
export type Detection = {
  readonly brokerId: number
  readonly why: string
  /** Undefined: it is not known, or it said itself that it goes. */
  readonly lastHeard: Instant | undefined
  readonly detected: Instant
}

/** One of those who are to lead. */
type Leader = { sent: Instant | undefined; acts: Instant | undefined }

/** A failover under way, from the decision on. Pure: time comes in. */
export class OpenFailover {
  readonly #moved: MovedLeaders
  readonly #detection: Detection
  readonly #controllerEpoch: number
  readonly #decided: Instant
  #appended: Instant | undefined
  readonly #leaders: Map<number, Leader>
  /** Who was to lead, and is gone. */
  readonly #gone: number[] = []

  constructor(
    moved: MovedLeaders,
    about: { detection: Detection; decided: Instant; controllerEpoch: number },
  ) {
    this.#moved = moved
    this.#detection = about.detection
    this.#decided = about.decided
    this.#controllerEpoch = about.controllerEpoch
    const leaders = [...moved.leaders].sort((a, b) => a - b)
    this.#leaders = new Map(leaders.map((id) => [id, { sent: undefined, acts: undefined }]))
  }

  /** When it was appended; undefined before that. */
  get appended(): Instant | undefined {
    return this.#appended
  }

  get isComplete(): boolean {
    if (this.#appended === undefined) return false
    for (const { acts } of this.#leaders.values()) if (acts === undefined) return false
    return true
  }

  /** The log goes up to an offset. */
  committed(endOffset: number, now: Instant): void {
    if (endOffset >= this.#moved.endOffset) this.#appended ??= now
  }

  /** A broker was sent the log up to an offset. */
  sent(brokerId: number, endOffset: number, now: Instant): void {
    const leader = this.#leaderBehind(brokerId, endOffset)
    if (leader !== undefined) leader.sent ??= now
  }

  /** A broker acts on the log up to an offset. It may have had it from a snapshot. */
  acts(brokerId: number, endOffset: number, now: Instant): void {
    const leader = this.#leaderBehind(brokerId, endOffset)
    if (leader === undefined) return
    leader.sent ??= now
    leader.acts ??= now
  }

  /** A broker is gone too: nothing is to be expected of it. */
  gone(brokerId: number): void {
    if (this.#leaders.delete(brokerId)) this.#gone.push(brokerId)
  }

  /** As far as it has come. */
  told(): Failover {
    const { leaders: _, ...moved } = this.#moved
    const { why } = this.#detection
    const silent = [...this.#leaders].filter(([, { acts }]) => acts === undefined).map(([id]) => id)
    return {
      ...moved,
      why,
      controllerEpoch: this.#controllerEpoch,
      steps: stepsOf(this.#instants()),
      notSeen: [...this.#gone, ...silent],
    }
  }

  #instants(): Readonly<Record<StepName, Instant | undefined>> {
    const { lastHeard, detected } = this.#detection
    const leaders = [...this.#leaders.values()]
    return {
      lastHeard,
      detected,
      decided: this.#decided,
      appended: this.#appended,
      pushed: latestOf(leaders.map(({ sent }) => sent)),
      led: latestOf(leaders.map(({ acts }) => acts)),
    }
  }

  /** Undefined too where it is not in the log yet: what a broker says then is of something else. */
  #leaderBehind(brokerId: number, endOffset: number): Leader | undefined {
    if (this.#appended === undefined || endOffset < this.#moved.endOffset) return undefined
    return this.#leaders.get(brokerId)
  }
}

function stepsOf(instants: Readonly<Record<StepName, Instant | undefined>>): FailoverStep[] {
  const steps: FailoverStep[] = []
  let before: Instant | undefined
  for (const name of stepNames) {
    const instant = instants[name]
    if (instant === undefined) continue
    const tookMs = before === undefined ? null : inMicros(instant.monotonicMs - before.monotonicMs)
    steps.push({ name, atMs: instant.wallMs, tookMs })
    before = instant
  }
  return steps
}

/** In milliseconds, no finer than a clock is. */
function inMicros(ms: number): number {
  return Math.round(ms * 1_000) / 1_000
}
