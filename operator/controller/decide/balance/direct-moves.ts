import type { Spread, Way } from './spread.ts'

/**
 * Moves from whoever has the most to whoever has the fewest, as long as these differ by two. It takes what
 * was moved already, then what suits, and of that what evens out its topic. That is all it needs
 * where nothing forbids a move.
 */
export function moveDirectly(spread: Spread): void {
  const { loads } = spread
  const search = new Search(spread)
  const isDry = new Uint8Array(loads.length)
  for (let isProgress = true; isProgress; ) {
    isProgress = false
    isDry.fill(0)
    for (;;) {
      const from = most(loads, isDry)
      if (from < 0) break
      if (search.moveFrom(from)) isProgress = true
      else isDry[from] = 1 // until the others have changed
    }
  }
}

/**
 * What one broker has is looked through once for each kind of what may go to another, the best kind first,
 * and what was passed over for one kind is not looked at for it again. So a move costs little, however much
 * there is to be moved; what is missed by that is found by chains.
 */
class Search {
  readonly #spread: Spread
  /** By kind, then by broker: what is looked through. */
  readonly #queues: readonly (readonly Queue[])[]
  /** By both brokers: which kind is looked for, and from where on. */
  readonly #kinds: Uint8Array
  readonly #looked: Int32Array

  constructor(spread: Spread) {
    this.#spread = spread
    const held = spread.held()
    const parts = [false, true].map((isHome) => {
      return held.map((partitions, broker) => {
        return new Queue(partitions.filter((one) => spread.isHome(one, broker) === isHome))
      })
    })
    const [away = [], home = []] = parts
    this.#queues = kinds.map(({ isHome }) => (isHome ? home : away))
    this.#kinds = new Uint8Array(spread.loads.length ** 2)
    this.#looked = new Int32Array(spread.loads.length ** 2)
  }

  moveFrom(from: number): boolean {
    const { loads } = this.#spread
    for (;;) {
      const to = this.#fewest(from)
      if (to < 0 || (loads[from] as number) - (loads[to] as number) < 2) return false
      const way = { from, to }
      const partition = this.#find(way)
      if (partition === undefined) continue
      this.#spread.move(partition, way)
      return true
    }
  }

  /** Of those to which something may be found. */
  #fewest(from: number): number {
    const { loads, groupOf } = this.#spread
    let best = -1
    for (let to = 0; to < loads.length; to++) {
      if (to === from || groupOf[to] !== groupOf[from]) continue
      if (this.#kinds[from * loads.length + to] === kinds.length) continue
      if (best < 0 || (loads[to] as number) < (loads[best] as number)) best = to
    }
    return best
  }

  #find(way: Way): number | undefined {
    const pair = way.from * this.#spread.loads.length + way.to
    for (let kind = this.#kinds[pair] as number; kind < kinds.length; kind++) {
      const queue = this.#queues[kind]?.[way.from] as Queue
      this.#kinds[pair] = kind
      for (let at = queue.next(this.#looked[pair] as number); ; at = queue.next(at + 1)) {
        const partition = queue.partitions[at]
        if (partition === undefined) break
        if (!this.#isOf(kinds[kind] as Kind, partition, way)) continue
        queue.remove(at)
        this.#looked[pair] = at + 1
        return partition
      }
      this.#looked[pair] = 0
    }
    this.#kinds[pair] = kinds.length
    return undefined
  }

  #isOf({ suits, lead }: Kind, partition: number, way: Way): boolean {
    const spread = this.#spread
    if (lead > 0 && spread.topicLead(partition, way) < lead) return false
    return spread.mayMove(partition, way) && (!suits || spread.suits(partition, way))
  }
}

/** Partitions in an order, of which some are gone: these are stepped over. */
class Queue {
  readonly partitions: readonly number[]
  /** By place: itself, or where to look on. */
  readonly #next: Int32Array

  constructor(partitions: readonly number[]) {
    this.partitions = partitions
    this.#next = Int32Array.from({ length: partitions.length + 1 }, (_, at) => at)
  }

  /** @returns The first place from there on that is not gone; or the length. */
  next(from: number): number {
    let at = from
    while (this.#next[at] !== at) {
      const beyond = this.#next[this.#next[at] as number] as number
      this.#next[at] = beyond
      at = beyond
    }
    return at
  }

  remove(at: number): void {
    this.#next[at] = at + 1
  }
}

type Kind = {
  /** Of what is where it was to begin with, or of the rest. */
  readonly isHome: boolean
  readonly suits: boolean
  /** How much more of its topic one broker must have: a lead of two shrinks by a move, of one it turns. */
  readonly lead: number
}

const kinds: readonly Kind[] = [
  { isHome: false, suits: false, lead: -Infinity },
  ...[2, 1, -Infinity].map((lead) => ({ isHome: true, suits: true, lead })),
  { isHome: true, suits: false, lead: -Infinity },
]

function most(loads: Int32Array, isDry: Uint8Array): number {
  let best = -1
  for (let broker = 0; broker < loads.length; broker++) {
    if (isDry[broker] === 1) continue
    if (best < 0 || (loads[broker] as number) > (loads[best] as number)) best = broker
  }
  return best
}
