import { expect, test } from 'vitest'
import { defaultLogConfig } from '../../../broker/log/log-config.ts'
import { SimulatedDisk } from '../../sim/disk/simulated-disk.ts'
import { batchAt, openAt, servicesOn, write } from './log-support.ts'

test('what was cut off and written anew while a flush was under way is not durable by it', async () => {
  const disk = new SimulatedDisk(1, { later: 'held' })
  const log = openAt('/data/orders-0', servicesOn(disk.files()))
  await settled(disk, write(log, [batchAt(0, 5), batchAt(5, 5)], 0))
  const flush = log.flush()
  await settled(disk, log.truncateTo(5))
  await settled(disk, write(log, [batchAt(5, 20)], 0))
  await settled(disk, flush)
  expect(log.logEndOffset).toBe(25)
  expect(log.flushedEndOffset).toBe(5)
  await settled(disk, log.flush())
  expect(log.flushedEndOffset).toBe(25)
})

test('what is appended while a flush is under way is not durable by it', async () => {
  const disk = new SimulatedDisk(1, { later: 'held' })
  const log = openAt('/data/orders-0', servicesOn(disk.files()))
  await settled(disk, write(log, [batchAt(0, 5)], 0))
  const flush = log.flush()
  log.append([batchAt(5, 5)], 0)
  expect(log.logEndOffset).toBe(10)
  await settled(disk, flush)
  expect(log.flushedEndOffset).toBe(5)
})

test('what waits to be written when a flush is asked for is durable by it', async () => {
  const disk = new SimulatedDisk(1, { later: 'held' })
  const log = openAt('/data/orders-0', servicesOn(disk.files()))
  log.append([batchAt(0, 5)], 0)
  const flush = log.flush()
  log.append([batchAt(5, 5)], 0)
  expect(log.logEndOffset).toBe(0)
  await settled(disk, flush)
  expect(log.flushedEndOffset).toBeGreaterThanOrEqual(5)
})

test('a log in which nothing is new asks nothing of the disk', async () => {
  const disk = new SimulatedDisk(1)
  const log = openAt('/data/orders-0', servicesOn(disk.files()))
  await write(log, [batchAt(0, 5)], 0)
  await log.flush()
  const { calls } = disk
  await log.flush()
  expect(disk.calls).toBe(calls)
})

test('names are made durable when there are new ones, and not with each flush', async () => {
  const disk = new SimulatedDisk(1)
  const log = openAt('/data/orders-0', servicesOn(disk.files()), { config: defaultLogConfig })
  await write(log, [batchAt(0, 5)], 0)
  await log.flush()
  const synced: string[] = []
  disk.dropSyncs(({ call, path }) => {
    synced.push(`${call} ${path.replace(/.*\//, '')}`)
    return false
  })
  await write(log, [batchAt(5, 5)], 0)
  await log.flush()
  expect(synced).toEqual(['sync 00000000000000000000.log'])
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
