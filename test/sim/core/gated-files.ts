import type { Files } from '../../../lib/files.ts'
import { Crashed } from '../disk/errors.ts'
import type { SimulatedDisk } from '../disk/simulated-disk.ts'
import type { Incarnation } from './incarnation.ts'

/**
 * The files of one life of a node. The disk crashes with it, and keeps its cache unless the machine is
 * gone; where the disk crashes (`disk.crashAtCall`), so does the node.
 *
 * @param disk With `later: 'held'`: what is done later takes up to `mostMs`, whole milliseconds, and
 *   ends in any order. What is under way at a crash happened, in part, or not.
 */
export function filesFor(
  node: Incarnation,
  disk: SimulatedDisk,
  { mostMs = 4 }: { mostMs?: number } = {},
): Files {
  const { gate, world } = node
  const random = node.random('disk')
  const files = disk.files()
  gate.onDeath(({ isSilent }) => {
    if (!disk.crashed) disk.crash({ keepCache: !isSilent })
  })
  return gated(files)

  function gated<T extends object>(target: T): T {
    return new Proxy(target, {
      get(_, name) {
        const call = Reflect.get(target, name) as (...values: unknown[]) => unknown
        const isLater = typeof name === 'string' && name.endsWith('Later')
        return (...values: unknown[]) =>
          isLater ? later(() => call.apply(target, values)) : now(() => call.apply(target, values))
      },
    })
  }

  function now(run: () => unknown): unknown {
    return gate.sync(() => {
      const result = orDie(run)
      const isFile = typeof result === 'object' && result !== null && 'sizeBytes' in result
      return isFile ? gated(result) : result
    })
  }

  function later(run: () => unknown): Promise<unknown> {
    return gate.call(() => {
      const settled = orDie(run)
      world.at((1 + random.below(mostMs * 8)) / 8, `${node.name} disk`, () => {
        if (node.isAlive && disk.inFlight > 0) disk.settle(random.below(disk.inFlight))
      })
      return settled
    })
  }

  function orDie(run: () => unknown): unknown {
    try {
      return run()
    } catch (error) {
      if (error instanceof Crashed) gate.crash()
      throw error
    } finally {
      if (disk.crashed) gate.crash()
    }
  }
}
