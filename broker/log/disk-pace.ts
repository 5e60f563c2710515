import type { Clock } from '../../lib/clock.ts'

/**
 * Whether the disk of a data directory keeps up. Writing at once takes a fifth of the time that the
 * thread pool takes, but a disk that is slow then holds the whole broker: after a write that took
 * long, all logs on it leave writing to the pool for a while.
 */
export class DiskPace {
  private readonly clock: Pick<Clock, 'monotonicMs'>
  private slowUntilMs = Number.NEGATIVE_INFINITY

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.clock = clock
  }

  get isSlow(): boolean {
    return (
      this.slowUntilMs > Number.NEGATIVE_INFINITY && this.clock.monotonicMs() < this.slowUntilMs
    )
  }

  nowMs(): number {
    return this.clock.monotonicMs()
  }

  /** Is told of each write, at once or not, when it has ended. */
  wrote(beganMs: number): void {
    const nowMs = this.clock.monotonicMs()
    if (nowMs - beganMs > slowMs) this.slowUntilMs = nowMs + avoidedForMs
  }
}

/** A write of 64 KB into the page cache takes 0.04 ms, through the thread pool 0.2. */
const slowMs = 5
const avoidedForMs = 1_000
