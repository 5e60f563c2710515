import type { Clock, Timer } from '../../../lib/clock.ts'
import { never } from '../log-config.ts'
import type { PartitionLog } from '../partition-log.ts'
import type { Report } from './maintained-log.ts'

export type FlusherOptions = {
  readonly clock: Clock
  readonly report: Report
  /** `flushedEndOffset` of a log has moved. */
  readonly onFlushed: (log: PartitionLog) => void
  /** Each waits for the disk in a thread, of which Node has four: one is left for reads and writes. */
  readonly flushesAtOnce?: number
}

/**
 * Makes durable what was appended, when it is time:
 *
 * - at once, where `flush` is `Always`. What is appended while that is under way shares the next;
 * - after `flush.messages` or `flush.ms`, and when a segment was closed, as Kafka does it: so that
 *   after a crash only one segment has to be gone over. Those wait for the ones above.
 *
 * It remembers nothing of a log that has nothing to flush, and has one timer for all, which is only
 * set while `flush.ms` runs for one of them.
 */
export class Flusher {
  private readonly options: Required<FlusherOptions>
  private readonly underWay = new Map<PartitionLog, Promise<void>>()
  /** Logs whose appends are waited for, and others. Both are first come, first served. */
  private readonly urgent = new Set<PartitionLog>()
  private readonly others = new Set<PartitionLog>()
  /** By when a log has to be flushed, by the monotonic clock. */
  private readonly dueMs = new Map<PartitionLog, number>()
  private timer: (Timer & { readonly atMs: number }) | undefined
  /** They are left alone. */
  private readonly failed = new WeakSet<PartitionLog>()
  private lastLookMs = Number.NEGATIVE_INFINITY
  private isStopped = false

  constructor(options: FlusherOptions) {
    this.options = { flushesAtOnce: 3, ...options }
  }

  /**
   * To be told after each append, and by `LogListener.written` of what had to wait for the disk: that
   * is nothing to flush before it is in the log.
   */
  appended(log: PartitionLog): void {
    if (this.underWay.has(log) || this.isStopped) return // it looks again when it has ended
    if (log.isClosed || log.offline !== undefined || this.failed.has(log)) return
    const unflushed = log.logEndOffset - log.flushedEndOffset
    if (unflushed <= 0) return
    const { flush, flushMessages, flushMs } = log.config
    const isSegmentClosed = log.activeBaseOffset > log.flushedEndOffset
    if (flush === 'Always') this.enqueue(log, this.urgent)
    else if (isSegmentClosed || unflushed >= flushMessages) this.enqueue(log, this.others)
    else if (flushMs < never) this.flushWithin(log, flushMs)
  }

  /** Settles when all that is under way has ended. None begins any more. */
  async stop(): Promise<void> {
    this.isStopped = true
    for (const waiting of [this.urgent, this.others, this.dueMs]) waiting.clear()
    this.cancelTimer()
    await Promise.all(this.underWay.values())
  }

  private enqueue(log: PartitionLog, queue: Set<PartitionLog>): void {
    queue.add(log)
    this.beginSome()
  }

  private beginSome(): void {
    while (this.underWay.size < this.options.flushesAtOnce) {
      const log = first(this.urgent) ?? this.firstOther()
      if (log === undefined) return
      this.urgent.delete(log)
      this.others.delete(log)
      this.dueMs.delete(log)
      // What took it offline in between was seen by whoever did it.
      if (!log.isClosed && log.offline === undefined) this.underWay.set(log, this.flush(log))
    }
    if (this.dueMs.size === 0) this.cancelTimer()
  }

  /** They may take seconds, and always leave room for an urgent one. */
  private firstOther(): PartitionLog | undefined {
    const most = Math.max(1, this.options.flushesAtOnce - 1)
    return this.underWay.size < most ? first(this.others) : undefined
  }

  private async flush(log: PartitionLog): Promise<void> {
    const { report, onFlushed } = this.options
    try {
      await log.flush()
      onFlushed(log)
    } catch (error) {
      this.failed.add(log)
      if (!log.isClosed) report({ work: 'flush', log, error })
    }
    this.underWay.delete(log)
    this.appended(log)
    this.beginSome()
  }

  private flushWithin(log: PartitionLog, flushMs: number): void {
    const dueMs = this.options.clock.monotonicMs() + flushMs
    if (dueMs >= (this.dueMs.get(log) ?? Number.POSITIVE_INFINITY)) return
    this.dueMs.set(log, dueMs)
    if (this.timer === undefined || dueMs < this.timer.atMs) this.setTimer()
  }

  /** For the log that is due first. */
  private setTimer(): void {
    this.cancelTimer()
    if (this.dueMs.size === 0) return
    const { clock } = this.options
    let earliest = Number.POSITIVE_INFINITY
    for (const dueMs of this.dueMs.values()) earliest = Math.min(earliest, dueMs)
    const atMs = Math.max(earliest, this.lastLookMs + leastGapMs)
    const timer = clock.timer(Math.max(0, atMs - clock.monotonicMs()), () => this.look())
    this.timer = { atMs, cancel: () => timer.cancel() }
  }

  private cancelTimer(): void {
    this.timer?.cancel()
    this.timer = undefined
  }

  private look(): void {
    const nowMs = this.options.clock.monotonicMs()
    this.lastLookMs = nowMs
    for (const [log, dueMs] of this.dueMs) {
      if (dueMs > nowMs) continue
      this.dueMs.delete(log)
      this.others.add(log)
    }
    this.setTimer()
    this.beginSome()
  }
}

/** Every look goes over all logs that wait, 10,000 of which take about 0.1 ms. */
const leastGapMs = 10

function first<T>(set: ReadonlySet<T>): T | undefined {
  for (const one of set) return one
  return undefined
}
