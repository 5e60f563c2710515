import type { Clock } from '../../lib/clock.ts'
import { isOfController } from './link-error.ts'

type Wait = {
  readonly clock: Clock
  readonly timeoutMs: number
  /** Up to where the log was applied, exclusive. */
  readonly reached: () => number
  /** Asks up to where it has to be. */
  readonly wanted: () => Promise<number>
}

/** Those who wait until a broker acts on what a controller has answered. */
export class CatchUps {
  private readonly waiting = new Set<{ offset: number; done: () => void }>()

  /** Settles once it does, or after a while, or if the controller goes away. */
  async wait({ clock, timeoutMs, reached, wanted }: Wait): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const own = { offset: Number.POSITIVE_INFINITY, done: resolve }
    const timer = clock.timer(timeoutMs, resolve)
    this.waiting.add(own)
    const ask = async () => {
      own.offset = await wanted().catch(orNothing)
      if (own.offset <= reached()) resolve()
    }
    ask().catch(reject)
    try {
      await promise
    } finally {
      timer.cancel()
      this.waiting.delete(own)
    }
  }

  reached(offset: number): void {
    for (const own of this.waiting) if (own.offset <= offset) own.done()
  }
}

/** A controller that went away: nothing more is to be expected of it. */
function orNothing(error: unknown): number {
  if (isOfController(error)) return -1
  throw error
}
