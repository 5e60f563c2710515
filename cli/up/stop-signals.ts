import type { Clock } from '../../lib/clock.ts'

export type Stopped = { readonly type: 'signal'; readonly signal: NodeJS.Signals }

/** What a terminal, a supervisor and a shell that is closed send to end a process. */
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * The signals that end this process, from when it is made: also one that comes while it starts.
 *
 * Ctrl-C goes to all processes of a terminal, and `npm start` hands it on once more: what comes so
 * soon after the first is no second wish.
 */
export class StopSignals {
  readonly first: Promise<Stopped>
  readonly second: Promise<Stopped>
  readonly #close: () => void

  constructor(clock: Clock) {
    const one = Promise.withResolvers<Stopped>()
    const two = Promise.withResolvers<Stopped>()
    this.first = one.promise
    this.second = two.promise
    let firstMs: number | undefined
    const take = (signal: NodeJS.Signals) => {
      const nowMs = clock.monotonicMs()
      if (firstMs === undefined) {
        firstMs = nowMs
        one.resolve({ type: 'signal', signal })
      } else if (nowMs - firstMs > sameWishMs) two.resolve({ type: 'signal', signal })
    }
    for (const signal of signals) process.on(signal, take)
    this.#close = () => {
      for (const signal of signals) process.off(signal, take)
    }
  }

  close(): void {
    this.#close()
  }
}

const sameWishMs = 500
