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

test('a flush waits for names only where a file was made since the last', async () => {
  const disk = new SimulatedDisk(1)
  const log = openAt('/data/orders-0', servicesOn(disk.files()))
  const calls: string[] = []
  disk.dropSyncs(({ call, path }) => {
    calls.push(`${call} ${path.replace(/.*\/0*/, '')}`)
    return false
  })
  const flushed = async (...batches: Uint8Array[]) => {
    calls.length = 0
    log.append(batches, 0)
    await log.flush()
    return calls.filter((call) => call.startsWith('syncDirectory'))
  }
  expect(await flushed(batchAt(0, 1))).toContain('syncDirectory orders-0')
  expect(await flushed(batchAt(1, 1))).toEqual([])
  // The first entries of the indexes.
  expect(await flushed(batchAt(2, 9), batchAt(11, 1))).toEqual(['syncDirectory orders-0'])
  expect(await flushed(batchAt(12, 9), batchAt(21, 1))).toEqual([])
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
