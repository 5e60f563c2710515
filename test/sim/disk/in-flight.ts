import type { Chance } from './chance.ts'

type Operation = {
  /** Does it and tells who waits. */
  settle(): void
  /** The process is gone: it happened, in part, or not, and nobody is told. */
  abandon(): void
}

/** What was asked for with `Later` and has not happened yet. */
export class InFlight {
  #operations: Operation[] = []
  readonly #held: boolean

  constructor(held: boolean) {
    this.#held = held
  }

  get count(): number {
    return this.#operations.length
  }

  start<T>(perform: () => T, abandon: () => void): Promise<T> {
    return new Promise<T>((resolve) => {
      // Happens at once, and what it throws rejects.
      const settle = () => resolve((async () => perform())())
      const operation = { settle, abandon }
      this.#operations.push(operation)
      if (!this.#held) queueMicrotask(() => this.#settle(this.#operations.indexOf(operation)))
    })
  }

  /** All in the order they were asked for, or one of them: threads end when they end. */
  settle(index?: number): void {
    if (index !== undefined) this.#settle(index)
    else for (let left = this.count; left > 0; left--) this.#settle(0)
  }

  crash(chance: Chance): void {
    const operations = this.#operations
    this.#operations = []
    for (const operation of operations) if (chance(2) === 0) operation.abandon()
  }

  #settle(index: number): void {
    if (index >= 0) this.#operations.splice(index, 1)[0]?.settle()
  }
}
