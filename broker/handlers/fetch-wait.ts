import type { Partition } from '../partition/partition.ts'
import type { Context } from './services.ts'

/**
 * Settles when there may be more to read in some of the partitions, with those; after `waitMs`, or
 * when nobody waits any more. All that happens in one turn is one call.
 */
export function moreToRead(
  partitions: ReadonlySet<Partition>,
  waitMs: number,
  { services, onClosed }: Context,
): Promise<ReadonlySet<Partition> | 'due' | 'closed'> {
  const { promise, resolve } = Promise.withResolvers<ReadonlySet<Partition> | 'due' | 'closed'>()
  const { clock } = services
  const end = (why: ReadonlySet<Partition> | 'due' | 'closed') => {
    timer.cancel()
    resolve(why)
  }
  const changed = new Set<Partition>()
  const wake = (partition: Partition) => {
    changed.add(partition)
    if (changed.size === 1) void clock.turn().then(() => end(changed))
  }
  const watches = Array.from(partitions, (own) => own.watch(() => wake(own)))
  const timer = clock.timer(waitMs, () => end('due'))
  onClosed(() => end('closed'))
  // Until the very moment at which its reader goes on: what changes before that is in the set, too.
  void promise.then(() => {
    for (const unwatch of watches) unwatch()
  })
  return promise
}
