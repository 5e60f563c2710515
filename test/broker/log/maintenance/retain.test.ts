import { expect, test } from 'vitest'
import { applyRetentionToAll } from '../../../../broker/log/maintenance/retain.ts'
import { realFiles } from '../../../../lib/real-files.ts'
import { SimulatedDisk } from '../../../sim/disk/simulated-disk.ts'
import { ManualClock } from '../../../support/manual-clock.ts'
import { openAt, servicesOn, smallConfig, temporaryFolder } from '../log-support.ts'
import {
  appendRecord,
  countingFiles,
  failures,
  maintained,
  put,
  recordsOf,
  settled,
  turn,
  until,
} from './support.ts'

const config = { ...smallConfig, retentionMs: 1_000 }

test('retention removes what is too old, on the disk of this machine, while appends go on', async () => {
  const clock = new ManualClock(10_000)
  const { files, calls } = countingFiles(realFiles)
  const log = openAt(`${temporaryFolder()}/orders-0`, servicesOn(files), { config })
  for (let count = 0; count < 400; count++) await put(log, 'key', `${count}`, { timestamp: 8_000 })
  for (let count = 400; count < 500; count++)
    await put(log, 'key', `${count}`, { timestamp: 9_500 })
  const before = log.segmentCount
  const { all, report } = failures()
  let appended = 0
  let ended = false
  const done = applyRetentionToAll([maintained(log)], options(clock, report)).finally(() => {
    ended = true
  })
  await until(() => {
    appendRecord(log, 'key', 'meanwhile', { timestamp: 9_500 })
    appended += 1
    return ended
  })
  await Promise.all([done, log.written()])
  expect(all).toEqual([])
  expect(appended).toBeGreaterThanOrEqual(before - 10) // one at least for each segment
  expect(log.logStartOffset).toBeGreaterThan(350)
  expect(log.logStartOffset).toBeLessThanOrEqual(400)
  const records = recordsOf(log)
  expect(records[0]?.offset).toBe(log.logStartOffset)
  expect(records.length).toBe(500 + appended - log.logStartOffset)
  const { length } = calls
  await applyRetentionToAll([maintained(log)], options(clock, report))
  expect(calls.length).toBe(length)
})

test('without delete in cleanup.policy nothing is removed, however old it is', async () => {
  const log = openAt('/data/orders-0', servicesOn(new SimulatedDisk(1).files()), {
    config: { ...config, isCompacted: true, isDeleted: false },
  })
  for (let count = 0; count < 100; count++) await put(log, 'key', 'value', { timestamp: 0 })
  await applyRetentionToAll(
    [maintained(log)],
    options(new ManualClock(), () => {}),
  )
  expect(log.logStartOffset).toBe(0)
})

test('nothing is removed that followers do not have', async () => {
  const log = openAt('/data/orders-0', servicesOn(new SimulatedDisk(1).files()), { config })
  for (let count = 0; count < 100; count++) await put(log, 'key', 'value', { timestamp: 0 })
  const own = { ...maintained(log), highWatermark: () => 40 }
  await applyRetentionToAll(
    [own],
    options(new ManualClock(), () => {}),
  )
  expect(log.logStartOffset).toBeGreaterThan(20)
  expect(log.logStartOffset).toBeLessThanOrEqual(40)
})

test('a log that the disk fails is reported once, and others are gone over', async () => {
  const disk = new SimulatedDisk(1)
  const services = servicesOn(disk.files())
  const [bad, good] = ['bad', 'good'].map((name) => openAt(`/data/${name}-0`, services, { config }))
  if (bad === undefined || good === undefined) throw new Error()
  for (const log of [bad, good]) {
    for (let count = 0; count < 100; count++) await put(log, 'key', 'value', { timestamp: 0 })
  }
  disk.fail({ call: 'remove', path: /bad/ })
  const { all, report } = failures()
  for (let round = 0; round < 2; round++) {
    await applyRetentionToAll(
      [maintained(bad), maintained(good)],
      options(new ManualClock(), report),
    )
  }
  expect(all).toEqual([{ work: 'retention', log: bad, error: bad.offline }])
  expect(good.logStartOffset).toBe(100)
})

test('a log that is deleted while its segments are removed is nobody’s failure', async () => {
  const disk = new SimulatedDisk(1, { later: 'held' })
  const files = disk.files()
  const log = openAt('/data/orders-0', servicesOn(files), { config })
  for (let count = 0; count < 100; count++) {
    await settled(disk, put(log, 'key', 'value', { timestamp: 0 }))
  }
  const { all, report } = failures()
  const done = applyRetentionToAll([maintained(log)], options(new ManualClock(), report))
  while (log.logStartOffset === 0 || disk.inFlight === 0) {
    disk.settle()
    await turn()
  }
  log.close()
  files.rename('/data/orders-0', '/data/orders-0.gone-delete')
  await settled(disk, done)
  expect(all).toEqual([])
})

function options(clock: ManualClock, report: ReturnType<typeof failures>['report']) {
  return { clock, report, isStopped: () => false }
}
