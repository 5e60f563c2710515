import type { Partition } from '../partition/partition.ts'
import type { Context } from './services.ts'

/**
 * Settles when there may be more to read in one of the partitions, after `waitMs`, or when nobody
 * waits any more. All that happens in one turn is one call.
 */
export function moreToRead(
  partitions: ReadonlySet<Partition>,
  waitMs: number,
  { services, onClosed }: Context,
): Promise<'woken' | 'closed'> {
  const { promise, resolve } = Promise.withResolvers<'woken' | 'closed'>()
  const { clock } = services
  const end = (why: 'woken' | 'closed') => {
    for (const unwatch of watches) unwatch()
    timer.cancel()
    resolve(why)
  }
  let isWoken = false
  const wake = () => {
    if (isWoken) return
    isWoken = true
    void clock.turn().then(() => end('woken'))
  }
  const watches = [...partitions].map((partition) => partition.watch(wake))
  const timer = clock.timer(waitMs, () => end('woken'))
  onClosed(() => end('closed'))
  return promise
}
