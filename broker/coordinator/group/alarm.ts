import type { Clock, Timer } from '../../../lib/clock.ts'

/**
 * The one timer of a group, for all that it waits for. It goes off at the earliest of these times or
 * before: what became later meanwhile, as a session does with each heartbeat, moves no timer.
 */
export class Alarm {
  private readonly clock: Clock
  private readonly ring: () => void
  private timer: Timer | undefined
  private atMs = Number.POSITIVE_INFINITY

  /** @param ring Has somebody look what is due, who then calls `set`. */
  constructor(clock: Clock, ring: () => void) {
    this.clock = clock
    this.ring = ring
  }

  /** It goes off at `atMs` of the monotonic clock, or sooner. */
  notLaterThan(atMs: number): void {
    if (atMs < this.atMs) this.set(atMs)
  }

  /** It goes off at `atMs`; never, if that is Infinity. */
  set(atMs: number): void {
    this.timer?.cancel()
    this.timer = undefined
    this.atMs = atMs
    if (atMs === Number.POSITIVE_INFINITY) return
    const delayMs = Math.max(0, atMs - this.clock.monotonicMs())
    this.timer = this.clock.timer(delayMs, () => {
      this.timer = undefined
      this.atMs = Number.NEGATIVE_INFINITY // whoever is rung for looks at everything
      this.ring()
    })
  }

  stop(): void {
    this.set(Number.POSITIVE_INFINITY)
  }
}
