import { expect, test } from 'vitest'
import { defaultNetLimits } from '../../../broker/net/limits.ts'
import { newNetMetrics } from '../../../broker/net/metrics.ts'
import { ReceiveBudget } from '../../../broker/net/receive-budget.ts'
import { Slabs } from '../../../broker/net/slabs.ts'
import { realClock } from '../../../lib/clock.ts'

function newSlabs() {
  const slabs = new Slabs({ clock: realClock, ...defaultNetLimits })
  const regions = slabs.regions(new ReceiveBudget(2 ** 30, newNetMetrics()))
  return { slabs, regions, take: () => regions.take(64 * 1024, 100_000) }
}

test('a slab that nobody holds is used again from the next turn on', async () => {
  const { regions, take } = newSlabs()
  const first = take()
  regions.leave(first, first.byteLength)
  expect(take().buffer).not.toBe(first.buffer)
  await realClock.turn()
  expect(take().buffer).toBe(first.buffer)
})

test('who has seen it in that turn may hold it yet', async () => {
  const { slabs, regions, take } = newSlabs()
  const first = take()
  regions.leave(first, first.byteLength)
  slabs.hold(first.buffer)
  await realClock.turn()
  expect(take().buffer).not.toBe(first.buffer)
  slabs.release(first.buffer)
  await realClock.turn()
  expect(take().buffer).toBe(first.buffer)
})

test('what is left of a slab goes to the next frame, and no slab twice', async () => {
  const { slabs, regions, take } = newSlabs()
  const first = take()
  slabs.hold(first.buffer) // a frame lies in it
  regions.leave(first, 200_000)
  const second = take()
  expect(second.byteOffset).toBe(200_000)
  expect(second.buffer).toBe(first.buffer)
  expect(take().buffer).not.toBe(first.buffer)
})
