import type { Clock, Timer } from '../../lib/clock.ts'
import { KafkaError } from '../protocol/errors.ts'

/**
 * Which end has to get to an offset before somebody is answered: what is written, the high watermark, or the low
 * watermark, before which nothing is left on any live replica.
 */
export type AwaitedEnd = 'written' | 'committed' | 'deleted'

type Waiting = {
  readonly end: AwaitedEnd
  readonly nextOffset: number
  readonly timer: Timer
  readonly resolve: () => void
  readonly reject: (error: KafkaError) => void
}

/** Who waits until what was sent is written or committed, or what is to be deleted is gone everywhere. */
export class WaitingAppends {
  private readonly clock: Clock
  private readonly all = new Set<Waiting>()

  constructor(clock: Clock) {
    this.clock = clock
  }

  get count(): number {
    return this.all.size
  }

  /**
   * Settles once that end has got to an offset.
   *
   * @throws {KafkaError} REQUEST_TIMED_OUT, though that is under way and may come yet; or why it cannot be waited for any more.
   */
  add(end: AwaitedEnd, nextOffset: number, timeoutMs: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const timer = this.clock.timer(Math.max(0, timeoutMs), () => {
      this.all.delete(waiting)
      reject(
        new KafkaError('REQUEST_TIMED_OUT', `offset ${nextOffset} not ${end} in ${timeoutMs} ms`),
      )
    })
    const waiting: Waiting = { end, nextOffset, timer, resolve, reject }
    this.all.add(waiting)
    return promise
  }

  /**
   * Answers those whose end has come.
   *
   * @param late What is to be said to who waited for it to be committed; undefined: all is well.
   */
  advance(ends: Readonly<Partial<Record<AwaitedEnd, number>>>, late?: KafkaError): void {
    for (const waiting of this.all) {
      if ((ends[waiting.end] ?? -1) < waiting.nextOffset) continue
      this.remove(waiting)
      if (waiting.end === 'committed' && late !== undefined) waiting.reject(late)
      else waiting.resolve()
    }
  }

  /** Nobody will hear of it any more: the leader changed, or the disk failed. */
  rejectAll(error: KafkaError): void {
    for (const waiting of this.all) {
      this.remove(waiting)
      waiting.reject(error)
    }
  }

  private remove(waiting: Waiting): void {
    this.all.delete(waiting)
    waiting.timer.cancel()
  }
}
