import type { Clock, Timer } from '../../lib/clock.ts'

/** For whoever has nothing to write: has it look now and then whether it still may. */
export class IdleWatch {
  readonly #clock: Clock
  readonly #look: () => void
  #timer: Timer | undefined

  constructor(clock: Clock, look: () => void) {
    this.#clock = clock
    this.#look = look
  }

  /** Something was written just now, or it begins. */
  wrote(): void {
    this.#timer?.cancel()
    this.#timer = this.#clock.timer(idleMs, () => {
      this.wrote()
      this.#look()
    })
  }

  stop(): void {
    this.#timer?.cancel()
  }
}

/** Six requests a minute to the API server where nothing happens. */
const idleMs = 10_000
