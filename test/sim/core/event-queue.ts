export type SimEvent = {
  readonly atMs: number
  readonly order: number
  readonly label: string
  /** Undefined once it was called off. */
  run: (() => void) | undefined
}

/** What is to happen, the next first: a binary heap. Of one moment, what was asked first comes first. */
export class EventQueue {
  readonly #heap: SimEvent[] = []

  get size(): number {
    return this.#heap.length
  }

  push(event: SimEvent): void {
    const heap = this.#heap
    let at = heap.length
    while (at > 0) {
      const above = (at - 1) >> 1
      const parent = heap[above] as SimEvent
      if (!isBefore(event, parent)) break
      heap[at] = parent
      at = above
    }
    heap[at] = event
  }

  /** Takes out the next one that was not called off and is not after `untilMs`. */
  pop(untilMs: number): SimEvent | undefined {
    for (;;) {
      const first = this.#heap[0]
      if (first === undefined) return undefined
      if (first.run !== undefined && first.atMs > untilMs) return undefined
      this.#removeFirst()
      if (first.run !== undefined) return first
    }
  }

  #removeFirst(): void {
    const heap = this.#heap
    const last = heap.pop() as SimEvent
    if (heap.length === 0) return
    let at = 0
    for (;;) {
      let below = at * 2 + 1
      if (below >= heap.length) break
      const [left, right] = [heap[below] as SimEvent, heap[below + 1]]
      if (right !== undefined && isBefore(right, left)) below++
      const child = heap[below] as SimEvent
      if (!isBefore(child, last)) break
      heap[at] = child
      at = below
    }
    heap[at] = last
  }
}

function isBefore(a: SimEvent, b: SimEvent): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)
}
