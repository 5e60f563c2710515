import type { Segment } from '../../broker/log/segment.ts'

/** Whether a disk was slow of late. Shared by all logs on it, or one for each log. */
export class DiskPace {
  private slowUntilMs = 0

  isSlow(nowMs: number): boolean {
    return nowMs < this.slowUntilMs
  }

  /** Is told of each write that was waited for. */
  took(ms: number, nowMs: number): void {
    if (ms > slowMs) this.slowUntilMs = nowMs + avoidedForMs
  }
}

/**
 * Writes to a log at once, or behind the event loop's back: always the one, always the other, or as
 * the disk is. A prototype, to find out what that is worth.
 */
export class HybridWriter {
  /** Batches that were written at once, and those that were not. */
  readonly counts = { atOnce: 0, later: 0 }
  private readonly segment: Segment
  private readonly mode: 'sync' | 'later' | 'hybrid'
  private readonly pace: DiskPace
  /** What came while a write was under way: all of it is written with the next. */
  private waiting: Waiting[] = []
  private isWriting = false

  constructor(segment: Segment, mode: HybridWriter['mode'], pace: DiskPace) {
    this.segment = segment
    this.mode = mode
    this.pace = pace
  }

  /** Calls `done` once the batches are written, in the order of the calls. */
  append(batches: readonly Uint8Array[], done: () => void): void {
    if (this.isWriting || this.mode === 'later' || this.isPaceSlow()) {
      this.counts.later += batches.length
      this.waiting.push({ batches, done })
      if (!this.isWriting) void this.writeWaiting()
      return
    }
    this.counts.atOnce += batches.length
    const started = performance.now()
    this.segment.append(batches)
    const now = performance.now()
    this.pace.took(now - started, now)
    done()
  }

  private isPaceSlow(): boolean {
    return this.mode === 'hybrid' && this.pace.isSlow(performance.now())
  }

  private async writeWaiting(): Promise<void> {
    this.isWriting = true
    while (this.waiting.length > 0) {
      const own = this.waiting
      this.waiting = []
      await this.segment.appendLater(own.flatMap(({ batches }) => batches))
      for (const { done } of own) done()
    }
    this.isWriting = false
  }
}

type Waiting = { readonly batches: readonly Uint8Array[]; readonly done: () => void }

const slowMs = 5
const avoidedForMs = 1_000
