import { expect, test } from 'vitest'
import { Flusher } from '../../../../broker/log/maintenance/flusher.ts'
import type { PartitionLog } from '../../../../broker/log/partition-log.ts'
import { realFiles } from '../../../../lib/real-files.ts'
import { SimulatedDisk } from '../../../sim/disk/simulated-disk.ts'
import { ManualClock } from '../../../support/manual-clock.ts'
import { openAt, servicesOn, smallConfig, temporaryFolder } from '../log-support.ts'
import { appendRecord, failures, put, settled, turn, until } from './support.ts'

const always = { ...smallConfig, segmentBytes: 100_000, flush: 'Always' as const }
const large = { ...smallConfig, segmentBytes: 100_000 }

function flusherOn(clock = new ManualClock()) {
  const { all, report } = failures()
  const flushed: PartitionLog[] = []
  const options = { clock, report, onFlushed: (log: PartitionLog) => void flushed.push(log) }
  const flusher = new Flusher(options)
  const append = async (log: PartitionLog, records = 1) => {
    for (let left = records; left > 0; left--) await put(log, 'key', 'value')
    flusher.appended(log)
  }
  return { flusher, append, flushed, failed: all, clock }
}

test('what is appended to a log that flushes always becomes durable, on the disk of this machine', async () => {
  const { append, flushed, clock } = flusherOn()
  const log = openAt(`${temporaryFolder()}/orders-0`, servicesOn(realFiles), { config: always })
  for (let count = 0; count < 50; count++) await append(log)
  await until(() => log.flushedEndOffset === 50)
  await until(() => flushed.length > 0)
  expect(clock.pending).toBe(0)
})

test('appends that come while a flush is under way share the next one', async () => {
  const disk = new SimulatedDisk(1, { later: 'held' })
  const { append, flushed } = flusherOn()
  const log = openAt('/data/orders-0', servicesOn(disk.files()), { config: always })
  await settled(disk, append(log))
  for (let count = 0; count < 100; count++) await append(log)
  expect(disk.inFlight).toBe(1)
  await settleAll(disk, () => log.flushedEndOffset === 101)
  await turn()
  expect(flushed).toEqual([log, log])
})

test('what has to wait for the disk is flushed once the log tells that it was written', async () => {
  const disk = new SimulatedDisk(1, { later: 'held' })
  const { flusher, flushed } = flusherOn()
  const log = openAt('/data/orders-0', servicesOn(disk.files()), { config: always })
  log.listener = { written: () => flusher.appended(log), failed: () => {} }
  for (let count = 0; count < 5; count++) {
    appendRecord(log, 'key', 'value')
    flusher.appended(log)
  }
  await turn()
  expect([log.logEndOffset, log.nextOffset, log.flushedEndOffset]).toEqual([0, 5, 0])
  expect(flushed).toEqual([])
  await settleAll(disk, () => log.flushedEndOffset === 5)
  await turn()
  expect(flushed.length).toBeGreaterThan(0)
  expect([log.logEndOffset, disk.inFlight]).toEqual([5, 0])
})

test('with a few logs in the queue the rest wait, and those that flush always go first', async () => {
  const disk = new SimulatedDisk(1, { later: 'held' })
  const { flusher, flushed } = flusherOn()
  const services = servicesOn(disk.files(), { openFiles: 40 })
  const log = (name: string, config = large) => openAt(`/data/${name}-0`, services, { config })
  const others = Array.from({ length: 5 }, (_, index) =>
    log(`other${index}`, { ...large, flushMessages: 1 }),
  )
  const urgent = [log('urgent0', always), log('urgent1', always)]
  for (const one of [...others, ...urgent]) await settled(disk, put(one, 'key', 'value'))
  for (const one of others) flusher.appended(one)
  expect(disk.inFlight).toBe(2) // room is left
  for (const one of urgent) flusher.appended(one)
  expect(disk.inFlight).toBe(3)
  await settleAll(disk, () => [...urgent, ...others].every((one) => one.flushedEndOffset === 1))
  await turn()
  expect(new Set(flushed.slice(0, 4))).toEqual(new Set([...others.slice(0, 2), ...urgent]))
  expect(flushed.length).toBe(7)
})

test('flush.messages is how many may be in the page cache only', async () => {
  const { append, clock } = flusherOn()
  const log = simulated({ ...large, flushMessages: 10 })
  await append(log, 9)
  await turn()
  expect(log.flushedEndOffset).toBe(0)
  await append(log)
  await until(() => log.flushedEndOffset === 10)
  expect(clock.pending).toBe(0)
})

test('flush.ms is for how long, with one timer for all logs, and none when nothing is due', async () => {
  const { append, clock, flushed } = flusherOn()
  const logs = [300, 100, 200].map((flushMs) => simulated({ ...large, flushMs }))
  for (const log of logs) await append(log)
  for (const log of logs) await append(log)
  expect(clock.pending).toBe(1)
  await clock.advance(99)
  expect(flushed).toEqual([])
  await clock.advance(1)
  await until(() => flushed.length === 1)
  expect(flushed).toEqual([logs[1]])
  expect(clock.pending).toBe(1)
  await clock.advance(200)
  await until(() => flushed.length === 3)
  expect(flushed).toEqual([logs[1], logs[2], logs[0]])
  expect(clock.pending).toBe(0)
  expect(logs.every((log) => log.flushedEndOffset === 2)).toBe(true)
})

test('a shorter flush.ms counts from the next append on', async () => {
  const { append, clock, flushed } = flusherOn()
  const log = simulated({ ...large, flushMs: 1_000_000 })
  await append(log)
  log.config = { ...large, flushMs: 50 }
  await append(log)
  await clock.advance(50)
  await until(() => flushed.length === 1)
  expect(clock.pending).toBe(0)
})

test('by default a log is flushed when a segment was closed, and not before', async () => {
  const { append, clock, flushed } = flusherOn()
  const log = simulated(smallConfig)
  while (log.segmentCount < 2) {
    expect(flushed).toEqual([])
    await append(log)
    await turn()
  }
  await until(() => flushed.length > 0)
  expect(log.flushedEndOffset).toBe(log.logEndOffset)
  expect(clock.pending).toBe(0)
})

test('a log that goes offline is reported once and left alone, and others go on', async () => {
  const disk = new SimulatedDisk(1)
  const services = servicesOn(disk.files())
  const { append, failed } = flusherOn()
  const bad = openAt('/data/bad-0', services, { config: always })
  const good = openAt('/data/good-0', services, { config: always })
  disk.fail({ call: 'sync', path: /bad/ })
  for (const log of [bad, good]) await append(log)
  await until(() => good.flushedEndOffset === 1 && failed.length > 0)
  const { calls } = disk
  for (let count = 0; count < 3; count++) {
    await expect(append(bad)).rejects.toThrow('is offline')
  }
  await turn()
  expect(failed).toEqual([{ work: 'flush', log: bad, error: bad.offline }])
  expect(disk.calls).toBe(calls)
  await append(good)
  await until(() => good.flushedEndOffset === 2)
})

test('a log that is closed while it is flushed is nobody’s failure, and its directory is left alone', async () => {
  const disk = new SimulatedDisk(1, { later: 'held' })
  const files = disk.files()
  const { append, failed, flusher } = flusherOn()
  const log = openAt('/data/orders-0', servicesOn(files), { config: always })
  await settled(disk, append(log, 20))
  log.close()
  files.rename('/data/orders-0', '/data/orders-0.gone-delete')
  // The next topic of that name has the same files.
  files.makeDirectory('/data/orders-0')
  for (const kind of ['log', 'index', 'timeindex']) {
    files.create(`/data/orders-0/00000000000000000000.${kind}`).close()
  }
  const before = disk.snapshot()
  let stopped = false
  const stop = flusher.stop().then(() => {
    stopped = true
  })
  await settleAll(disk, () => stopped)
  await stop
  expect(failed).toEqual([])
  expect([...disk.snapshot().keys()].toSorted()).toEqual([...before.keys()].toSorted())
})

test('a stop waits for the flush under way, and begins no other', async () => {
  const disk = new SimulatedDisk(1, { later: 'held' })
  const { append, flusher, clock, flushed } = flusherOn()
  const services = servicesOn(disk.files())
  const log = openAt('/data/orders-0', services, { config: always })
  const timed = openAt('/data/carts-0', services, { config: { ...large, flushMs: 100 } })
  await settled(disk, append(timed))
  await settled(disk, append(log))
  await append(log)
  let stopped = false
  const stop = flusher.stop().then(() => {
    stopped = true
  })
  await turn()
  expect(stopped).toBe(false)
  await settleAll(disk, () => stopped)
  await stop
  expect(flushed).toEqual([log])
  expect([log.flushedEndOffset, clock.pending, disk.inFlight]).toEqual([1, 0, 0])
  await append(log)
  expect(disk.inFlight).toBe(0)
})

function simulated(config: typeof smallConfig): PartitionLog {
  return openAt('/data/orders-0', servicesOn(new SimulatedDisk(1).files()), { config })
}

/** Lets what is under way on the disk happen, one after the other. */
async function settleAll(disk: SimulatedDisk, holds: () => boolean): Promise<void> {
  await until(() => {
    if (disk.inFlight > 0) disk.settle(0)
    return holds()
  })
}
