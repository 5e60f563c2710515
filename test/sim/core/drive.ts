import { invariant } from '../../../lib/invariant.ts'
import type { Failure } from './failure.ts'
import { guarded } from './guard.ts'
import { takingOver } from './take-over.ts'
import type { World } from './world.ts'

export type DriveOptions = {
  /**
   * How all microtasks are drained after an event. `ticks`: in a loop, in one macrotask, by
   * `process._tickCallback`, which is not documented (about 1 us). `immediates`: by a turn of the event
   * loop for each (twice as slow), the fallback and the cross-check; without the guard, since others
   * in this process may act between two turns.
   */
  readonly driver?: 'ticks' | 'immediates'
  /** Names of `async_hooks` that the guard is to let pass: ZLIB, if all calls are synchronous. */
  readonly allow?: readonly string[]
}

let isDriving = false

/**
 * Lets happen what is to happen until then, or until the run fails. All phases of a seed belong into
 * one call, as events: between two calls the outside may act. Nodes are started in events, too.
 * A loop of microtasks that never ends hangs, as it does in production.
 *
 * @returns Why it failed, as `world.failure` says it.
 */
export async function drive(
  world: World,
  untilMs: number,
  { driver = 'ticks', allow = [] }: DriveOptions = {},
): Promise<Failure | undefined> {
  invariant(!isDriving, 'one run at a time: what is not handled has no other owner')
  isDriving = true
  const release = takingOver(world)
  try {
    if (driver === 'ticks') await inOneMacrotask(() => runByTicks(world, untilMs, allow))
    else await runByImmediates(world, untilMs)
  } finally {
    release()
    isDriving = false
  }
  return world.failure
}

/** After an await, or in a test body, we are in a microtask, where nothing can be drained. */
function inOneMacrotask(run: () => void): Promise<void> {
  return new Promise((resolve) => {
    // Runs at once, and what it throws rejects.
    setImmediate(() => resolve((async () => run())()))
  })
}

function runByTicks(world: World, untilMs: number, allow: readonly string[]): void {
  assertThatItDrains()
  const onForeign = (type: string, error: Error) =>
    world.fail('ForeignWork', `${type} was made in a run: no port gives it`, error)
  guarded(
    () => {
      while (world.step(untilMs)) {
        drainMicrotasks()
        world.settled()
      }
    },
    { allow, onForeign },
  )
}

function runByImmediates(world: World, untilMs: number): Promise<void> {
  return new Promise((resolve) => {
    const next = () => {
      if (!world.step(untilMs)) return resolve()
      setImmediate(() => {
        world.settled()
        next()
      })
    }
    setImmediate(next)
  })
}

let isKnownToDrain = false

function assertThatItDrains(): void {
  if (isKnownToDrain) return
  Promise.resolve()
    .then(() => process.nextTick(() => queueMicrotask(() => (isKnownToDrain = true))))
    .catch(() => {})
  drainMicrotasks()
  invariant(isKnownToDrain, 'process._tickCallback drains; if not, the driver is "immediates"')
}

function drainMicrotasks(): void {
  const { _tickCallback } = process as unknown as { _tickCallback: () => void }
  try {
    _tickCallback()
  } catch (error) {
    // A callback of nextTick threw, which leaves Node's stack of async ids out of order: the process
    // would be aborted later. Where an exception is handled as uncaught, Node tidies that as well.
    queueMicrotask(() => {
      throw error
    })
    drainMicrotasks()
  }
}
