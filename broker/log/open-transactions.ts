import { invariant } from '../../lib/invariant.ts'

/** The transactions of a partition that no marker has ended yet, in the order of their offsets. */
export class OpenTransactions {
  readonly #producers = new Map<number, number>() // by first offset
  /** First offsets in ascending order, those that have ended since included. */
  #offsets: number[] = []
  /** Where in that list the first one that is open may be found. */
  #head = 0

  get size(): number {
    return this.#producers.size
  }

  /** @returns Where the oldest transaction begins. */
  get firstOffset(): number | undefined {
    return this.#offsets[this.#head]
  }

  /** @returns Whose transaction is the oldest. */
  get firstProducerId(): number | undefined {
    const { firstOffset } = this
    return firstOffset === undefined ? undefined : this.#producers.get(firstOffset)
  }

  begin(firstOffset: number, producerId: number): void {
    const last = this.#offsets.at(-1) ?? -1
    invariant(firstOffset > last, 'transactions begin in the order of their offsets')
    this.#offsets.push(firstOffset)
    this.#producers.set(firstOffset, producerId)
  }

  end(firstOffset: number): void {
    this.#producers.delete(firstOffset)
    for (;;) {
      const { firstOffset: first } = this
      if (first === undefined || this.#producers.has(first)) break
      this.#head++
    }
    // Each pass is paid for by as many transactions that have ended: none waits for a long one.
    if (this.#offsets.length > 2 * this.#producers.size + spareOffsets) {
      this.#offsets = [...this.#producers.keys()]
      this.#head = 0
    }
  }
}

const spareOffsets = 16
