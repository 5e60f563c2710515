import { expect, test } from 'vitest'
import { never } from '../../../../broker/log/log-config.ts'
import { byUrgency, LogCleaner } from '../../../../broker/log/maintenance/log-cleaner.ts'
import type { MaintainedLog } from '../../../../broker/log/maintenance/maintained-log.ts'
import type { PartitionLog } from '../../../../broker/log/partition-log.ts'
import { realRandom } from '../../../../lib/random.ts'
import { realFiles } from '../../../../lib/real-files.ts'
import { SimulatedDisk } from '../../../sim/disk/simulated-disk.ts'
import { ManualClock } from '../../../support/manual-clock.ts'
import { openAt, servicesOn, smallConfig, temporaryFolder } from '../log-support.ts'
import {
  appendRecord,
  checkpointsInMemory,
  countingFiles,
  failures,
  maintained,
  put,
  recordsOf,
  settled,
  until,
} from './support.ts'

const config = { ...smallConfig, isCompacted: true, isDeleted: false }

function cleanerOf(
  logs: Iterable<MaintainedLog>,
  {
    files = realFiles,
    clock = new ManualClock(),
    dedupeBufferBytes = 100_000,
    pieceBytes = 500,
  } = {},
) {
  const { all, report } = failures()
  const checkpoints = checkpointsInMemory()
  const own = { clock, random: realRandom, files, logs, checkpoints, report }
  const cleaner = new LogCleaner({ ...own, dedupeBufferBytes, pieceBytes })
  return { cleaner, checkpoints, clock, failed: all, clean: () => cleaner.cleanAll(() => false) }
}

test('a dirty log is compacted on the disk of this machine, while appends go on', async () => {
  const log = openAt(`${temporaryFolder()}/orders-0`, servicesOn(realFiles), { config })
  await fill(log, { keys: 10, records: 300 })
  const { clean, failed, checkpoints } = cleanerOf([maintained(log)])
  const done = clean()
  let appends = 0
  let ended = false
  void done.then(() => {
    ended = true
  })
  await until(() => {
    if (appends < 200) appendRecord(log, `key-${appends % 10}`, `later ${appends++}`)
    return ended
  })
  await log.written()
  expect(failed).toEqual([])
  expect(appends).toBeGreaterThan(20)
  const cleaned = checkpoints.offsets.get('orders') ?? 0
  expect(cleaned).toBeGreaterThan(280)
  const keys = recordsOf(log).flatMap(({ key, offset }) => (offset < cleaned ? [key] : []))
  expect(new Set(keys).size).toBe(keys.length)
})

test('a log with more keys than the buffer has room for is compacted in several passes', async () => {
  const disk = new SimulatedDisk(1)
  const eager = { ...config, minCleanableDirtyRatio: 0 }
  const log = openAt('/data/orders-0', servicesOn(disk.files()), { config: eager })
  await fill(log, { keys: 150, records: 600 })
  await log.roll()
  const small = cleanerOf([maintained(log)], { files: disk.files(), dedupeBufferBytes: 24 * 24 })
  await small.clean()
  expect(recordsOf(log).map(({ offset }) => offset)).toEqual(
    Array.from({ length: 150 }, (_, index) => 450 + index),
  )
  expect(small.checkpoints.offsets.get('orders')).toBe(600)
})

test('what is over max.compaction.lag.ms comes first, then what is dirtiest', () => {
  const logs = [
    { name: 'half', dirtyRatio: 0.5, overdueMs: 0 },
    { name: 'late', dirtyRatio: 0.1, overdueMs: 1 },
    { name: 'all', dirtyRatio: 1, overdueMs: 0 },
    { name: 'later', dirtyRatio: 0.01, overdueMs: 50 },
  ]
  expect(logs.toSorted(byUrgency).map(({ name }) => name)).toEqual(['later', 'late', 'all', 'half'])
})

test('a log is left alone until it is dirty enough, or something in it is too old', async () => {
  const disk = new SimulatedDisk(1)
  const log = openAt('/data/orders-0', servicesOn(disk.files()), { config })
  await fill(log, { keys: 30, records: 300 })
  await log.roll()
  const { clean, clock, checkpoints } = cleanerOf([maintained(log)], { files: disk.files() })
  await clean()
  await fill(log, { keys: 10, records: 10 })
  await log.roll()
  await clean()
  expect(checkpoints.offsets.get('orders')).toBe(300)
  log.config = { ...config, maxCompactionLagMs: 50_000 }
  await clean()
  expect(checkpoints.offsets.get('orders')).toBe(300)
  await clock.advance(50_001)
  await clean()
  expect(checkpoints.offsets.get('orders')).toBe(310)
  expect(log.config.maxCompactionLagMs).toBeLessThan(never)
})

test('a log that is not compacted is not looked at', async () => {
  const disk = new SimulatedDisk(1)
  const log = openAt('/data/orders-0', servicesOn(disk.files()), { config: smallConfig })
  await fill(log, { keys: 10, records: 300 })
  const { calls } = disk
  await cleanerOf([maintained(log)], { files: disk.files() }).clean()
  expect(disk.calls).toBe(calls)
})

test('nothing above the high watermark or in an open transaction is compacted', async () => {
  const disk = new SimulatedDisk(1)
  const log = openAt('/data/orders-0', servicesOn(disk.files()), { config })
  await fill(log, { keys: 10, records: 300 })
  const offsetsFrom = (first: number) =>
    recordsOf(log).flatMap(({ offset }) => (offset < first ? [] : [offset]))
  const own = { ...maintained(log), highWatermark: () => 200, lastStableOffset: () => 220 }
  await cleanerOf([own], { files: disk.files() }).clean()
  expect(offsetsFrom(200)).toEqual(Array.from({ length: 100 }, (_, index) => 200 + index))
  expect(recordsOf(log).length).toBeLessThan(170)
})

test('a log with a damaged batch is reported once and left alone; the others are compacted', async () => {
  const folder = temporaryFolder()
  const services = servicesOn(realFiles)
  const [bad, good] = ['bad', 'good'].map((name) =>
    openAt(`${folder}/${name}-0`, services, { config }),
  )
  if (bad === undefined || good === undefined) throw new Error()
  for (const log of [bad, good]) await fill(log, { keys: 10, records: 300 })
  const file = realFiles.open(`${folder}/bad-0/00000000000000000000.log`)
  file.write([Buffer.from([0xff])], 90)
  file.close()
  const before = recordsOf(good).length
  const { files, calls } = countingFiles(realFiles)
  const { clean, clock, failed } = cleanerOf([maintained(bad, 'bad'), maintained(good, 'good')], {
    files,
  })
  await clean()
  expect(failed).toEqual([
    { work: 'compaction', log: bad, error: expect.objectContaining({ code: 'CORRUPT_MESSAGE' }) },
  ])
  expect(recordsOf(good).length).toBeLessThan(before / 4)
  expect(bad.offline).toBeUndefined()
  await clock.advance(1_000_000_000)
  const { length } = calls
  await clean()
  expect(failed.length).toBe(1)
  expect(calls.length).toBe(length)
})

test('a disk that is full is reported, and the log is tried again after a minute', async () => {
  const disk = new SimulatedDisk(1)
  const files = disk.files()
  const log = openAt('/data/orders-0', servicesOn(files), { config })
  await fill(log, { keys: 10, records: 300 })
  const { clean, clock, failed, checkpoints } = cleanerOf([maintained(log)], { files })
  disk.fail({ call: 'write', path: /cleaned/, code: 'ENOSPC' })
  for (let round = 0; round < 3; round++) await clean()
  expect(failed).toEqual([
    { work: 'compaction', log, error: expect.objectContaining({ code: 'ENOSPC' }) },
  ])
  expect(files.list('/data/orders-0').filter((name) => name.endsWith('.cleaned'))).toEqual([])
  expect(checkpoints.offsets.size).toBe(0)
  await clock.advance(60_000)
  await clean()
  expect(failed.length).toBe(1)
  expect(checkpoints.offsets.get('orders')).toBeGreaterThan(280)
  expect(log.offline).toBeUndefined()
})

test('a stop ends a cleaning that is under way, and leaves nothing of it', async () => {
  const disk = new SimulatedDisk(1, { later: 'held' })
  const files = disk.files()
  const log = openAt('/data/orders-0', servicesOn(files), { config })
  await settled(disk, fill(log, { keys: 10, records: 300 }))
  const { cleaner, failed } = cleanerOf([maintained(log)], { files })
  let isStopped = false
  let ended = false
  const done = cleaner
    .cleanAll(() => isStopped)
    .then(() => {
      ended = true
    })
  const left = () => files.list('/data/orders-0').filter((name) => name.endsWith('.cleaned'))
  await until(() => {
    if (left().length > 0) isStopped = true
    disk.settle()
    return ended
  })
  await done
  expect(isStopped).toBe(true)
  expect(left()).toEqual([])
  expect(failed).toEqual([])
})

async function fill(
  log: PartitionLog,
  { keys, records }: { keys: number; records: number },
): Promise<void> {
  for (let count = 0; count < records; count++) {
    await put(log, `key-${count % keys}`, `${log.logEndOffset}`)
  }
}
