import { expect, test } from 'vitest'
import { SimulatedDisk } from '../../sim/disk/simulated-disk.ts'
import { batchAt, openAt, servicesOn } from './log-support.ts'

test('what was cut off and written anew while a flush was under way is not durable by it', async () => {
  const disk = new SimulatedDisk(1, { later: 'held' })
  const log = openAt('/data/orders-0', servicesOn(disk.files()))
  log.append([batchAt(0, 5), batchAt(5, 5)], 0)
  const flush = log.flush()
  log.truncateTo(5)
  log.append([batchAt(5, 20)], 0)
  await settled(disk, flush)
  expect(log.logEndOffset).toBe(25)
  expect(log.flushedEndOffset).toBe(5)
  await settled(disk, log.flush())
  expect(log.flushedEndOffset).toBe(25)
})

test('what is appended while a flush is under way is not durable by it', async () => {
  const disk = new SimulatedDisk(1, { later: 'held' })
  const log = openAt('/data/orders-0', servicesOn(disk.files()))
  log.append([batchAt(0, 5)], 0)
  const flush = log.flush()
  log.append([batchAt(5, 5)], 0)
  await settled(disk, flush)
  expect(log.flushedEndOffset).toBe(5)
})

test('a log in which nothing is new asks nothing of the disk', async () => {
  const disk = new SimulatedDisk(1)
  const log = openAt('/data/orders-0', servicesOn(disk.files()))
  log.append([batchAt(0, 5)], 0)
  await log.flush()
  const { calls } = disk
  await log.flush()
  expect(disk.calls).toBe(calls)
})

/** Lets what is under way on the disk happen until a promise has settled. */
async function settled(disk: SimulatedDisk, promise: Promise<unknown>): Promise<void> {
  const done = promise.then(() => 'done')
  for (;;) {
    const turn = new Promise((resolve) => void setImmediate(resolve))
    if ((await Promise.race([done, turn])) === 'done') return
    disk.settle()
  }
}
