import type { Clock, Timer } from '../../lib/clock.ts'
import type { Topic } from '../api/topic/topic.ts'

type Batch = { readonly topics: Topic[]; timer: Timer }

/**
 * Topics that were seen to be deleted, cluster by cluster, until no more of them are for a short while:
 * by then it shows how many go together, and whether they came back at once (`kubectl replace`).
 */
export class Deletions {
  readonly #clock: Clock
  readonly #settled: (clusterKey: string, topics: readonly Topic[]) => void
  readonly #batches = new Map<string, Batch>()

  constructor(clock: Clock, settled: (clusterKey: string, topics: readonly Topic[]) => void) {
    this.#clock = clock
    this.#settled = settled
  }

  add(clusterKey: string, topic: Topic): void {
    const batch = this.#batches.get(clusterKey)
    batch?.timer.cancel()
    const timer = this.#clock.timer(settleMs, () => this.#settle(clusterKey))
    if (batch === undefined) this.#batches.set(clusterKey, { topics: [topic], timer })
    else {
      batch.topics.push(topic)
      batch.timer = timer
    }
  }

  close(): void {
    for (const { timer } of this.#batches.values()) timer.cancel()
    this.#batches.clear()
  }

  #settle(clusterKey: string): void {
    const { topics } = this.#batches.get(clusterKey) as Batch
    this.#batches.delete(clusterKey)
    this.#settled(clusterKey, topics)
  }
}

/** As long as a file has to be gone (`kavka up`). */
const settleMs = 2_000
