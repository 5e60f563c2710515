import type { Clock, Timer } from '../../lib/clock.ts'

type Pending = {
  readonly correlationId: number
  readonly timer: Timer
  readonly resolve: (frame: Uint8Array) => void
  readonly reject: (error: Error) => void
}

/** Requests that were sent and are not answered, in order. */
export class PendingRequests {
  private readonly clock: Clock
  private readonly queue = new Set<Pending>() // from whose front any may go without a shift

  constructor(clock: Clock) {
    this.clock = clock
  }

  get count(): number {
    return this.queue.size
  }

  /** The correlation id of the next answer. */
  get first(): number | undefined {
    return this.queue.values().next().value?.correlationId
  }

  /** @returns The frame of its answer. */
  add(
    { correlationId, timeoutMs }: { correlationId: number; timeoutMs: number },
    onTimeout: () => void,
  ): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const timer = this.clock.timer(timeoutMs, onTimeout)
      this.queue.add({ correlationId, timer, resolve, reject })
    })
  }

  /** The first of them is answered. */
  answered(frame: Uint8Array): void {
    for (const pending of this.queue) {
      this.queue.delete(pending)
      pending.timer.cancel()
      pending.resolve(frame)
      return
    }
  }

  rejectAll(error: Error): void {
    const all = [...this.queue]
    this.queue.clear()
    for (const { timer, reject } of all) {
      timer.cancel()
      reject(error)
    }
  }
}
