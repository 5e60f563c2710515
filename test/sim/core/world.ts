import type { Timer } from '../../../lib/clock.ts'
import { invariant } from '../../../lib/invariant.ts'
import type { Random } from '../../../lib/random.ts'
import { EventQueue } from './event-queue.ts'
import { type BuiltIn, type Failure, isCrash, Violation } from './failure.ts'
import { MomentRandom } from './moment-random.ts'
import { Trace } from './trace.ts'

/**
 * Virtual time, and all that is to happen in it. `drive` lets it happen. Times are whole eighths of a
 * millisecond: sums and differences of them are exact, and short to read.
 */
export class World {
  readonly seed: number
  readonly trace: Trace
  readonly #maxEvents: number
  readonly #queue = new EventQueue()
  readonly #randoms = new Map<string, Random>()
  readonly #always: { name: string; check: () => string | undefined }[] = []
  #nowMs = 0
  #order = 0
  #events = 0
  #failure: Failure | undefined
  readonly #excused = new Set<string>()
  #isOver = false

  /** @param options.maxEvents After so many the run fails: the time does not go on any more. */
  constructor(
    seed: number,
    { keptLines = 200, maxEvents = 5_000_000 }: { keptLines?: number; maxEvents?: number } = {},
  ) {
    this.seed = seed
    this.trace = new Trace(keptLines)
    this.#maxEvents = maxEvents
  }

  get nowMs(): number {
    return this.#nowMs
  }

  /** How many events there were. */
  get events(): number {
    return this.#events
  }

  get failure(): Failure | undefined {
    return this.#failure
  }

  /** The chance of one part, by its label. */
  randomOf(label: string): Random {
    let random = this.#randoms.get(label)
    if (random === undefined) {
      random = new MomentRandom(this.seed, label, () => this.#nowMs)
      this.#randoms.set(label, random)
    }
    return random
  }

  /** Lets something happen after that time. What is asked for first comes first in a moment. */
  at(delayMs: number, label: string, run: () => void): Timer {
    invariant(delayMs >= 0 && delayMs < Number.POSITIVE_INFINITY, `a delay, not ${delayMs} ms`)
    const atMs = Math.ceil((this.#nowMs + delayMs) * 8) / 8
    const event = { atMs, order: this.#order++, label, run: run as (() => void) | undefined }
    this.#queue.push(event)
    return {
      cancel() {
        event.run = undefined
      },
    }
  }

  /** For what belongs to no node: it goes on, whoever is dead. */
  sleep(delayMs: number, label: string): Promise<void> {
    return new Promise((resolve) => void this.at(delayMs, label, resolve))
  }

  /** Looked at after each event with all that follows from it. @param check Says what is wrong. */
  always(name: string, check: () => string | undefined): void {
    this.#always.push({ name, check })
  }

  /** Ends the run: all is seen that there was to be seen. */
  end(): void {
    this.#isOver = true
  }

  /** What breaks this from now on is no failure: something came about that cannot but lead to it. */
  excuse(name: string): void {
    this.#excused.add(name)
  }

  /** Ends the run; the first failure counts. */
  fail(name: string, detail: string, error?: unknown): void {
    if (this.#failure !== undefined || this.#excused.has(name)) return
    this.#failure = { invariant: name, detail, atMs: this.#nowMs, error }
    this.trace.add(`${this.#nowMs} ${name}: ${detail}`)
  }

  /** Ends the run with what was thrown, unless it is what a dead node throws. */
  failWith(name: BuiltIn, error: unknown): void {
    if (isCrash(error)) return
    if (error instanceof Violation) this.fail(error.invariant, error.message, error)
    else this.fail(name, String(error), error)
  }

  /**
   * Lets the next event happen. All microtasks are to be drained then, and `settled` called.
   *
   * @returns false: there is none until then, or the run has failed.
   */
  step(untilMs: number): boolean {
    if (this.#isOver || this.#failure !== undefined) return false
    const event = this.#queue.pop(untilMs)
    if (event === undefined) {
      if (untilMs < Number.POSITIVE_INFINITY) this.#nowMs = Math.max(this.#nowMs, untilMs)
      return false
    }
    this.#nowMs = event.atMs
    if (++this.#events > this.#maxEvents) this.fail('Endless', `${this.#maxEvents} events`)
    this.trace.add(`${event.atMs} ${event.label}`)
    this.attempt(event.run)
    return true
  }

  settled(): void {
    if (this.#failure !== undefined) return
    for (const { name, check } of this.#always) {
      this.attempt(() => {
        const wrong = check()
        if (wrong !== undefined) this.fail(name, wrong)
      })
    }
  }

  /** Runs it; what it throws ends the run. */
  attempt(run: (() => void) | undefined): void {
    try {
      run?.()
    } catch (error) {
      this.failWith('Exception', error)
    }
  }
}
