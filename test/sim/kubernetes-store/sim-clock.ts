import type { Clock } from '../../../lib/clock.ts'

type Timer = { readonly atMs: number; readonly order: number; readonly callback: () => void }

/** A clock that goes on as fast as everybody is done. Of one moment, who asked first comes first. */
export class SimClock implements Clock {
  #nowMs = 1_000_000
  #order = 0
  #timers: Timer[] = []

  nowMs(): number {
    return this.#nowMs
  }

  monotonicMs(): number {
    return this.#nowMs
  }

  timer(delayMs: number, callback: () => void) {
    const timer = { atMs: this.#nowMs + delayMs, order: this.#order++, callback }
    this.#timers.push(timer)
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((other) => other !== timer)
      },
    }
  }

  turn(): Promise<void> {
    return Promise.resolve()
  }

  /** Until it is over, or nothing is left to happen. */
  async run(isOver: () => boolean): Promise<void> {
    // All that follows from one timer, before the next.
    const settle = () => new Promise<void>((resolve) => void setImmediate(resolve))
    await settle()
    while (!isOver()) {
      const [first, ...others] = this.#timers
      if (first === undefined) return
      const next = others.reduce((a, b) => (isBefore(b, a) ? b : a), first)
      this.#timers = this.#timers.filter((timer) => timer !== next)
      this.#nowMs = next.atMs
      next.callback()
      await settle()
    }
  }
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)
}
