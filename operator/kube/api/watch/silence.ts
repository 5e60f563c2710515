import type { Clock, Timer } from '../../../../lib/clock.ts'

/**
 * Aborts its signal when nothing is heard for too long: a watch with bookmarks says something a second
 * after it began and every minute after that.
 */
export class Silence {
  readonly #clock: Clock
  readonly #controller = new AbortController()
  #sinceMs: number
  #limitMs = firstSignMs
  #timer: Timer

  constructor(clock: Clock) {
    this.#clock = clock
    this.#sinceMs = clock.monotonicMs()
    this.#timer = clock.timer(firstSignMs, () => this.#check())
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  get wasBroken(): boolean {
    return this.#limitMs === idleMs
  }

  /** Costs next to nothing: it is called for each piece that comes. */
  breakIt(): void {
    this.#sinceMs = this.#clock.monotonicMs()
    this.#limitMs = idleMs
  }

  end(): void {
    this.#timer.cancel()
  }

  #check(): void {
    const leftMs = this.#sinceMs + this.#limitMs - this.#clock.monotonicMs()
    if (leftMs <= 0) this.#controller.abort()
    else this.#timer = this.#clock.timer(leftMs, () => this.#check())
  }
}

const firstSignMs = 30_000
const idleMs = 90_000
