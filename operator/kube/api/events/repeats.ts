import type { Happening } from './event-object.ts'

/** What to do with something that happened. */
export type EventDecision =
  | { readonly type: 'create' }
  /** It happened before, so often in all: that Event is to say so. */
  | { readonly type: 'count'; readonly name: string; readonly count: number }
  /** It was told just now. */
  | { readonly type: 'nothing' }

/**
 * What happened lately, so that what happens again and again is one Event with a count, written once a
 * minute at most.
 */
export class Repeats {
  /** In the order of their last writing: the first is the oldest. */
  readonly #known = new Map<
    string,
    { name: string | undefined; count: number; writtenMs: number }
  >()

  decide(happening: Happening, nowMs: number): EventDecision {
    const key = keyOf(happening)
    const known = this.#known.get(key)
    if (known === undefined || nowMs - known.writtenMs > forgottenMs) {
      this.#keep(key, { name: undefined, count: 1, writtenMs: nowMs })
      return { type: 'create' }
    }
    known.count++
    if (known.name === undefined || nowMs - known.writtenMs < quietMs) return { type: 'nothing' }
    this.#keep(key, { ...known, writtenMs: nowMs })
    return { type: 'count', name: known.name, count: known.count }
  }

  /** @param name Of the Event that was made for it. */
  created(happening: Happening, name: string): void {
    const known = this.#known.get(keyOf(happening))
    if (known !== undefined) known.name = name
  }

  /** It could not be told: the next time counts as the first. */
  forget(happening: Happening): void {
    this.#known.delete(keyOf(happening))
  }

  #keep(key: string, value: { name: string | undefined; count: number; writtenMs: number }): void {
    this.#known.delete(key)
    this.#known.set(key, value)
    if (this.#known.size <= most) return
    const [oldest] = this.#known.keys()
    this.#known.delete(oldest as string)
  }
}

const quietMs = 60_000
const forgottenMs = 30 * 60_000
const most = 1_000

function keyOf({ regarding, type, reason, action, note }: Happening): string {
  return JSON.stringify([regarding.metadata.uid, type, reason, action, note])
}
