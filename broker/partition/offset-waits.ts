import type { Clock, Timer } from '../../lib/clock.ts'
import { KafkaError } from '../protocol/errors.ts'

type Wait = {
  readonly offset: number
  readonly reached: () => void
  readonly failed: (error: unknown) => void
  timer: Timer | undefined
}

/**
 * Producers that wait until an end has got to where their batch ends: that of what is written, or the
 * high watermark. They come in the order of their offsets, but for duplicates of older batches.
 */
export class OffsetWaits {
  private readonly clock: Clock
  private waits: Wait[] = []

  constructor(clock: Clock) {
    this.clock = clock
  }

  get count(): number {
    return this.waits.length
  }

  /** Calls one of the two, once. `failed` gets REQUEST_TIMED_OUT after `timeoutMs`. */
  add(
    offset: number,
    timeoutMs: number,
    { reached, failed }: Pick<Wait, 'reached' | 'failed'>,
  ): void {
    const wait: Wait = { offset, reached, failed, timer: undefined }
    wait.timer = this.clock.timer(Math.max(0, timeoutMs), () => {
      this.waits = this.waits.filter((other) => other !== wait)
      // The batch stays in the log: a producer that sends it again is told so.
      failed(new KafkaError('REQUEST_TIMED_OUT', `not acknowledged in ${timeoutMs} ms`))
    })
    let place = this.waits.length
    while (place > 0 && (this.waits[place - 1] as Wait).offset > offset) place -= 1
    this.waits.splice(place, 0, wait)
  }

  /** The end is at `offset` now. */
  reach(offset: number): void {
    let count = 0
    while (count < this.waits.length && (this.waits[count] as Wait).offset <= offset) count += 1
    for (const { timer, reached } of this.waits.splice(0, count)) {
      timer?.cancel()
      reached()
    }
  }

  /** Nobody may wait any longer. */
  fail(error: unknown): void {
    for (const { timer, failed } of this.waits.splice(0)) {
      timer?.cancel()
      failed(error)
    }
  }
}
