import { expect, test } from 'vitest'
import type { PartitionLog } from '../../../broker/log/partition-log.ts'
import { SimulatedDisk } from '../../sim/disk/simulated-disk.ts'
import { batchAt, openAt, rangesOf, servicesOn, smallConfig, write } from './log-support.ts'
import { settled, turn } from './maintenance/support.ts'

const all = { maxBytes: 1_000_000 }

/** A log of some segments, on a disk that does what takes long only when it is told to. */
async function begun(config = smallConfig) {
  const disk = new SimulatedDisk(1, { later: 'held' })
  const files = disk.files()
  const log = openAt('/data/orders-0', servicesOn(files, { tailBytes: 0 }), { config })
  for (let offset = 0; offset < 200; offset += 5) {
    await settled(disk, write(log, [batchAt(offset, 5)], 0))
  }
  const bases = log.segmentList.map(({ baseOffset }) => baseOffset)
  expect(bases.length).toBeGreaterThan(4)
  return { disk, files, log, bases }
}

test('what is written after a cut is not taken for the segments that were just removed', async () => {
  const { disk, log, bases } = await begun()
  const [, second = 0, third = 0] = bases
  const moved = log.moveStartTo(third)
  const cut = log.truncateFullyAndStartAt(second)
  const wrote = cut.then(() => write(log, [batchAt(second, 5)], 0))
  await settled(disk, Promise.all([moved, wrote]))
  expect(rangesOf(log.read(second, all))).toEqual([[second, second + 5]])
  expect(filesOf(disk)).toEqual(namesOf(log))
})

test('a cut waits for segments that go while it waits, too', async () => {
  const { disk, log, bases } = await begun()
  const [, second = 0, third = 0, fourth = 0] = bases
  const moves = [log.moveStartTo(second)]
  const cut = log.truncateFullyAndStartAt(third)
  await turn()
  moves.push(log.moveStartTo(fourth))
  const wrote = cut.then(() => write(log, [batchAt(third, 5)], 0))
  await settled(disk, Promise.all([...moves, wrote]))
  expect(rangesOf(log.read(third, all))).toEqual([[third, third + 5]])
  expect(filesOf(disk)).toEqual(namesOf(log))
})

test('a cleaning is cancelled at once, though the cut has to wait for a flush', async () => {
  const { disk, log } = await begun()
  const flush = log.flush()
  const cleaning = log.beginCleaning()
  const cut = log.truncateTo(100)
  expect(cleaning.isCancelled).toBe(true)
  expect(log.logEndOffset).toBe(200)
  await settled(disk, Promise.all([flush, cut]))
  expect(log.logEndOffset).toBe(100)
})

test('a cleaning that begins while a log is closed does not outlive it', async () => {
  const { disk, log } = await begun()
  const closed = log.closeDurably()
  const cleaning = log.beginCleaning()
  await settled(disk, closed)
  expect(cleaning.isCancelled).toBe(true)
  expect(log.flushedEndOffset).toBe(200)
})

test('a log that is cut off while retention empties it begins where it ends', async () => {
  const { disk, log } = await begun({ ...smallConfig, retentionMs: 1 })
  const retained = log.applyRetention({ nowMs: 1e9, highWatermark: 200 })
  const wrote = log.truncateTo(100).then(() => {
    return write(log, [batchAt(100, 150, { timestamp: 1e9 })], 0)
  })
  await settled(disk, Promise.all([retained, wrote]))
  expect(log.logStartOffset).toBe(100)
  expect(rangesOf(log.read(100, all))).toEqual([[100, 250]])
})

function filesOf(disk: SimulatedDisk): string[] {
  return [...disk.snapshot().keys()].filter((name) => name.endsWith('.log')).toSorted()
}

function namesOf(log: PartitionLog): string[] {
  return log.segmentList.map(({ path }) => path)
}
