import type { Clock, Timer } from '../../../lib/clock.ts'
import type { Partition, PartitionWaiter } from '../../partition/partition.ts'
import type { FetchResult } from './fetch-read.ts'
import type { Wanted } from './wanted.ts'

export type FetchWaitOptions = {
  readonly clock: Clock
  readonly maxWaitMs: number
  readonly minBytes: number
  /** Reads one partition by itself: how much there is of it, or that there is an error. */
  readonly read: (wanted: Wanted) => FetchResult
  /** Called once, unless the wait is ended before: it is time to read and to answer. */
  readonly done: () => void
  readonly failed: (error: unknown) => void
}

/**
 * A Fetch that waits for more to read: until there are `minBytes` of all its partitions together, or
 * something that its reader should hear at once, or its time is over. It has one timer; of partitions
 * that change within a turn each is looked at once, and no other.
 */
export class FetchWait implements PartitionWaiter {
  private readonly options: FetchWaitOptions
  private readonly timer: Timer
  private readonly sizes: number[]
  /** Where each partition stands among the results. */
  private readonly places = new Map<Partition, { index: number; wanted: Wanted }[]>()
  private readonly changedOnes = new Set<Partition>()
  private bytes = 0
  private isOver = false

  constructor(results: readonly FetchResult[], options: FetchWaitOptions) {
    this.options = options
    this.sizes = results.map(({ sizeBytes }) => sizeBytes)
    for (const [index, { wanted, source, sizeBytes }] of results.entries()) {
      this.bytes += sizeBytes
      if (source === undefined) continue
      const others = this.places.get(source)
      if (others !== undefined) others.push({ index, wanted })
      else {
        this.places.set(source, [{ index, wanted }])
        source.wait(this)
      }
    }
    this.timer = options.clock.timer(options.maxWaitMs, () => this.finish())
  }

  changed(partition: Partition): void {
    if (this.isOver) return
    if (this.changedOnes.size === 0) queueMicrotask(() => this.look())
    this.changedOnes.add(partition)
  }

  /** Nobody waits for the answer any more. */
  cancel(): void {
    if (this.isOver) return
    this.isOver = true
    this.timer.cancel()
    for (const partition of this.places.keys()) partition.stopWaiting(this)
  }

  private look(): void {
    try {
      const all = [...this.changedOnes]
      this.changedOnes.clear()
      if (!this.isOver && all.some((partition) => this.isEnough(partition))) this.finish()
    } catch (error) {
      this.cancel()
      this.options.failed(error)
    }
  }

  private isEnough(partition: Partition): boolean {
    for (const { index, wanted } of this.places.get(partition) ?? []) {
      const result = this.options.read(wanted)
      if (isNews(result)) return true
      this.bytes += result.sizeBytes - (this.sizes[index] as number)
      this.sizes[index] = result.sizeBytes
    }
    return this.bytes >= this.options.minBytes
  }

  private finish(): void {
    if (this.isOver) return
    this.cancel()
    try {
      this.options.done()
    } catch (error) {
      this.options.failed(error)
    }
  }
}

/** Whether the reader of a partition should hear at once, however little it is. */
export function isNews({ errorCode, divergingEpoch }: FetchResult): boolean {
  return errorCode !== 0 || divergingEpoch !== undefined
}
