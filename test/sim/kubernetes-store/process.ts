import type { Clock } from '../../../lib/clock.ts'

/** One process of an operator: it may be paused for any time, at any place, or end. */
export class Process {
  readonly clock: Clock
  #isPaused = false
  #isOver = false
  #waiting: (() => void)[] = []

  constructor(clock: Clock) {
    this.clock = {
      nowMs: () => clock.nowMs(),
      monotonicMs: () => clock.monotonicMs(),
      timer: (delayMs, callback) => clock.timer(delayMs, () => this.wake(callback)),
      turn: () => clock.turn(),
    }
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** Something comes in: once it runs, in the order in which it came. */
  wake(callback: () => void): void {
    if (this.#isOver) return
    if (this.#isPaused) this.#waiting.push(callback)
    else callback()
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    const waiting = this.#waiting
    this.#waiting = []
    this.#isPaused = false
    for (const callback of waiting) callback()
  }

  kill(): void {
    this.#isOver = true
  }
}
