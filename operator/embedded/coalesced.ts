import type { Clock, Timer } from '../../lib/clock.ts'

/**
 * Does something a short while after it was asked for, once for all who asked meanwhile; the longer
 * it takes, the longer the pause, so that it takes a tenth of the time at most.
 */
export class Coalesced {
  readonly #clock: Clock
  readonly #act: () => void
  #timer: Timer | undefined
  #pauseMs = shortestPauseMs

  constructor(clock: Clock, act: () => void) {
    this.#clock = clock
    this.#act = act
  }

  ask(): void {
    this.#timer ??= this.#clock.timer(this.#pauseMs, () => this.now())
  }

  now(): void {
    this.cancel()
    const beganMs = this.#clock.monotonicMs()
    this.#act()
    this.#pauseMs = Math.max(shortestPauseMs, 10 * (this.#clock.monotonicMs() - beganMs))
  }

  cancel(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }
}

const shortestPauseMs = 20
