import type { Clock, Timer } from '../../../../lib/clock.ts'

type Pending = { readonly atMs: number; readonly callback: () => void }

/** A clock that goes on only when it is told to, on time or not. Nothing waits for a turn of the event loop. */
export class LateClock implements Clock {
  /** How many timers have gone off. */
  wentOff = 0
  #nowMs = 0
  readonly #timers = new Set<Pending>()

  nowMs(): number {
    return this.#nowMs
  }

  monotonicMs(): number {
    return this.#nowMs
  }

  timer(delayMs: number, callback: () => void): Timer {
    const timer = { atMs: this.#nowMs + delayMs, callback }
    this.#timers.add(timer)
    return { cancel: () => void this.#timers.delete(timer) }
  }

  turn(): Promise<void> {
    return Promise.resolve()
  }

  /** How many timers are set. */
  get pending(): number {
    return this.#timers.size
  }

  /** Each timer goes off when it is due. */
  advance(ms: number): void {
    const endMs = this.#nowMs + ms
    for (let next = this.#first(); next !== undefined && next.atMs <= endMs; next = this.#first()) {
      this.#nowMs = Math.max(this.#nowMs, next.atMs)
      this.#goOff(next)
    }
    this.#nowMs = endMs
  }

  /** What comes due meanwhile goes off at the end. */
  standStill(ms: number): void {
    this.#nowMs += ms
    const due = [...this.#timers].filter(({ atMs }) => atMs <= this.#nowMs)
    for (const timer of due) this.#goOff(timer)
  }

  #first(): Pending | undefined {
    return [...this.#timers].toSorted((a, b) => a.atMs - b.atMs)[0]
  }

  #goOff(timer: Pending): void {
    this.wentOff++
    this.#timers.delete(timer)
    timer.callback()
  }
}
