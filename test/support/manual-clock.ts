import type { Clock } from '../../lib/clock.ts'

/** A clock that goes on only when it is told to. Timers go off in the order of their times. */
export class ManualClock implements Clock {
  private now: number
  private timers: { atMs: number; callback: () => void }[] = []

  constructor(nowMs = 1_000_000) {
    this.now = nowMs
  }

  nowMs(): number {
    return this.now
  }

  monotonicMs(): number {
    return this.now
  }

  timer(delayMs: number, callback: () => void) {
    const timer = { atMs: this.now + delayMs, callback }
    this.timers.push(timer)
    return {
      cancel: () => {
        this.timers = this.timers.filter((other) => other !== timer)
      },
    }
  }

  turn(): Promise<void> {
    return new Promise((resolve) => void setImmediate(resolve))
  }

  /** How many timers are set: an idle thing has none that it does not need. */
  get pending(): number {
    return this.timers.length
  }

  /** Lets time pass; what goes off has its turn, with all that follows from it, before the next. */
  async advance(ms: number): Promise<void> {
    const endMs = this.now + ms
    for (;;) {
      const due = this.timers.filter(({ atMs }) => atMs <= endMs)
      const next = due.toSorted((a, b) => a.atMs - b.atMs)[0]
      if (next === undefined) break
      this.timers = this.timers.filter((timer) => timer !== next)
      this.now = next.atMs
      next.callback()
      await this.turn()
    }
    this.now = endMs
    await this.turn()
  }
}
