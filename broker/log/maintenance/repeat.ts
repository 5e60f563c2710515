import type { Clock, Timer } from '../../../lib/clock.ts'

export type Repeated = {
  /** Settles when the work that is under way has ended. None begins any more. */
  stop(): Promise<void>
}

/**
 * Does some work again and again: first after `firstMs`, then each time `intervalMs` after it has
 * ended, so that work that takes long does not overtake itself.
 *
 * @param work Ends soon once `isStopped` says so.
 * @param onError The work goes on the next time.
 */
export function repeat(
  clock: Clock,
  { firstMs, intervalMs }: { firstMs: number; intervalMs: number },
  work: (isStopped: () => boolean) => Promise<void>,
  onError: (error: unknown) => void,
): Repeated {
  let stopped = false
  let underWay: Promise<void> = Promise.resolve()
  let timer: Timer = clock.timer(firstMs, begin)
  return {
    stop() {
      stopped = true
      timer.cancel()
      return underWay
    },
  }

  function begin(): void {
    underWay = once()
  }

  async function once(): Promise<void> {
    try {
      await work(() => stopped)
    } catch (error) {
      onError(error)
    }
    if (!stopped) timer = clock.timer(intervalMs, begin)
  }
}
