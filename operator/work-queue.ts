import type { Clock, Timer } from '../lib/clock.ts'

export type WorkQueueOptions = {
  readonly clock: Clock
  /** So many keys are worked on at once. */
  readonly concurrency: number
  /** Brings what the key names to what is wanted. What it throws is tried again later. */
  readonly work: (key: string) => Promise<void>
  readonly failed: (key: string, error: unknown) => void
}

/**
 * Keys that have something to be done for them. A key is there once, however often it is added; one
 * that is added while it is worked on is worked on again; no key is worked on twice at once. So what
 * is done is level-based: `work` reads all anew, and an addition too many does no harm.
 */
export class WorkQueue {
  readonly #options: WorkQueueOptions
  readonly #waiting = new Set<string>()
  readonly #running = new Map<string, Promise<void>>()
  readonly #failures = new Map<string, { count: number; timer: Timer }>()
  #closed = false

  constructor(options: WorkQueueOptions) {
    this.#options = options
  }

  add(key: string): void {
    if (this.#closed) return
    this.#waiting.add(key)
    this.#start()
  }

  /** What failed is tried at once, since something changed that may have been its reason. */
  retryFailed(): void {
    for (const key of this.#failures.keys()) this.add(key)
  }

  /** Adds nothing more, and waits for what is under way. */
  async close(): Promise<void> {
    this.#closed = true
    this.#waiting.clear()
    for (const { timer } of this.#failures.values()) timer.cancel()
    this.#failures.clear()
    await Promise.all(this.#running.values())
  }

  #start(): void {
    const { concurrency } = this.#options
    for (const key of this.#waiting) {
      if (this.#running.size >= concurrency) return
      if (this.#running.has(key)) continue
      this.#waiting.delete(key)
      this.#running.set(key, this.#run(key))
    }
  }

  async #run(key: string): Promise<void> {
    const { work, failed, clock } = this.#options
    const failure = this.#failures.get(key)
    failure?.timer.cancel()
    try {
      await clock.turn() // whoever adds is done first
      if (this.#closed) return
      await work(key)
      this.#failures.delete(key)
    } catch (error) {
      failed(key, error)
      if (!this.#closed) this.#retryLater(key, (failure?.count ?? 0) + 1)
    } finally {
      this.#running.delete(key)
      this.#start()
    }
  }

  #retryLater(key: string, count: number): void {
    const delayMs = Math.min(longestDelayMs, firstDelayMs * 2 ** (count - 1))
    const timer = this.#options.clock.timer(delayMs, () => this.add(key))
    this.#failures.set(key, { count, timer })
  }
}

const firstDelayMs = 100
const longestDelayMs = 10_000
