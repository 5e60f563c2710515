import { type Clock, sleep } from '../../../../lib/clock.ts'
import { StoreError } from '../store-error.ts'

export type PatienceOptions = {
  readonly clock: Clock
  /**
   * Told why, when something has been under way for 5 s and it is not known what became of it: decide
   * nothing more, but go on answering. Told undefined once it is known.
   */
  readonly onUndecided: (why: string | undefined) => void
}

/** Asking again until it is known, from one opening of the log to its end. */
export class Patience {
  readonly #options: PatienceOptions
  #isClosed = false
  #trouble = noAnswer
  #undecided = 0

  constructor(options: PatienceOptions) {
    this.#options = options
  }

  close(): void {
    this.#isClosed = true
  }

  /** After each call, since the log may have been let go of meanwhile. @throws {StoreError} Offline. */
  check(): void {
    if (this.#isClosed) throw new StoreError('Offline', 'the metadata log was closed')
  }

  /** Before the next attempt: 20 ms, twice as long each time, up to a second. */
  async pause(attempt: number, why: string): Promise<void> {
    this.#trouble = why
    this.check()
    await sleep(this.#options.clock, Math.min(20 * 2 ** attempt, 1000))
    this.check()
  }

  /** Says so if it takes long. */
  async watched<T>(run: () => Promise<T>): Promise<T> {
    const { clock, onUndecided } = this.#options
    let isLate = false
    const timer = clock.timer(undecidedAfterMs, () => {
      isLate = true
      if (this.#undecided++ === 0) onUndecided(this.#trouble)
    })
    try {
      return await run()
    } finally {
      timer.cancel()
      this.#trouble = noAnswer
      if (isLate && --this.#undecided === 0) onUndecided(undefined)
    }
  }
}

const noAnswer = 'the Kubernetes API does not answer'
const undecidedAfterMs = 5000
