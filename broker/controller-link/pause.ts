import type { Clock } from '../../lib/clock.ts'

/** Waits of one loop, which somebody may cut short. */
export class Pause {
  private readonly clock: Clock
  private end: (() => void) | undefined
  private isAwake = false

  constructor(clock: Clock) {
    this.clock = clock
  }

  /** Settles after that time, or when it is woken. */
  async wait(delayMs: number): Promise<void> {
    if (this.isAwake) {
      this.isAwake = false
      return
    }
    const { promise, resolve } = Promise.withResolvers<void>()
    this.end = resolve
    const timer = this.clock.timer(delayMs, resolve)
    await promise
    timer.cancel()
    this.end = undefined
    this.isAwake = false
  }

  /** Ends the wait that is under way, or the next one if there is none. */
  wake(): void {
    this.isAwake = true
    this.end?.()
  }
}
