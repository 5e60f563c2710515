import { expect, test } from 'vitest'
import { LogCleaner } from '../../../../broker/log/maintenance/log-cleaner.ts'
import type { PartitionLog } from '../../../../broker/log/partition-log.ts'
import { realRandom } from '../../../../lib/random.ts'
import { SimulatedDisk } from '../../../sim/disk/simulated-disk.ts'
import { ManualClock } from '../../../support/manual-clock.ts'
import { newOrders, orders, path, start, stopped } from '../data-directory/support.ts'
import { smallConfig } from '../log-support.ts'
import {
  failures,
  type KeyValue,
  maintained,
  put as putAndWait,
  recordsOf,
  settled,
  turn,
} from './support.ts'

const config = { ...smallConfig, isCompacted: true, minCleanableDirtyRatio: 0 }
const own = { ...orders, config }
const cleanerCheckpoint = 'cleaner-offset-checkpoint'

/** A compacted log of 120 records of 6 keys, in about 8 segments, and a cleaning of it. */
async function begun(before: (log: PartitionLog) => void = () => {}) {
  const disk = new SimulatedDisk(1, { later: 'held' })
  const files = disk.files()
  files.makeDirectory('/data')
  files.syncDirectory('/')
  const directory = await start(files)
  const log = directory.open(own)
  const put = (own: PartitionLog, key: string, value: string) =>
    settled(disk, putAndWait(own, key, value))
  for (let count = 0; count < 120; count++) await put(log, `key-${count % 6}`, `${count}`)
  before(log)
  const { all, report } = failures()
  const cleaner = new LogCleaner({
    clock: new ManualClock(),
    random: realRandom,
    files,
    logs: [maintained(log)],
    checkpoints: directory,
    report,
    dedupeBufferBytes: 10_000,
    pieceBytes: 400,
  })
  let isStopped = false
  let ended = false
  const done = cleaner
    .cleanAll(() => isStopped)
    .finally(() => {
      ended = true
    })
  const others = disk.inFlight
  /** @returns Whether the cleaning is still under way then. */
  async function step(): Promise<boolean> {
    await turn()
    if (disk.inFlight > others) disk.settle(others)
    return !ended
  }
  async function end(): Promise<void> {
    while (await step());
    await settled(disk, done)
  }
  const stop = () => {
    isStopped = true
  }
  return { disk, files, directory, log, failed: all, put, step, end, stop }
}

/** What is done to a log in the middle of its cleaning, at every step of it. */
async function atEveryStep(
  act: (at: Awaited<ReturnType<typeof begun>>) => Promise<void>,
  before?: (log: PartitionLog) => void,
): Promise<number> {
  for (let steps = 1; ; steps++) {
    const at = await begun(before)
    let isUnderWay = true
    for (let count = 0; count < steps && isUnderWay; count++) isUnderWay = await at.step()
    await act(at)
    expect(at.failed, `after ${steps} steps`).toEqual([])
    const left = at.disk.snapshot().keys()
    expect([...left].filter((name) => /\.(cleaned|swap)$/.test(name))).toEqual([])
    if (!isUnderWay) return steps
  }
}

const long = { timeout: 120_000 }

test.each([0, 1, 47, 90, 119])('a cut at %i in the middle of a cleaning', long, async (offset) => {
  const steps = await atEveryStep(async ({ log, directory, put, end }) => {
    const before = recordsOf(log)
    const newEnd = await log.truncateTo(offset) // which waits for nothing on the disk
    expect(newEnd).toBeLessThanOrEqual(offset)
    expect(directory.checkpointOf(cleanerCheckpoint, own) ?? 0).toBeLessThanOrEqual(newEnd)
    const kept = recordsOf(log)
    expect(kept).toEqual(before.filter((record) => record.offset < offset))
    // At the very offsets that were read before the cut.
    for (let count = newEnd; count < 125; count++) {
      await put(log, `new-${count % 7}`, `new ${count}`)
    }
    await end()
    const left = recordsOf(log)
    for (const { offset, value } of left) if (offset >= newEnd) expect(value).toBe(`new ${offset}`)
    expect(latestOf(left)).toEqual({ ...latestOf(kept), ...newOnes(newEnd) })
  })
  expect(steps).toBeGreaterThan(30)
})

test(
  'a cleaning that begins while a cut waits for a flush is cancelled by the cut',
  long,
  async () => {
    let cut: Promise<number> = Promise.resolve(0)
    const steps = await atEveryStep(
      async ({ log, disk, put, end }) => {
        expect(log.logEndOffset).toBe(120)
        while (log.logEndOffset === 120) {
          disk.settle(0) // the flush alone
          await turn()
        }
        const newEnd = await cut
        expect(newEnd).toBeLessThanOrEqual(47)
        const kept = recordsOf(log)
        for (const { offset, value } of kept) expect(value).toBe(`${offset}`)
        expect(kept.filter(({ offset }) => offset >= newEnd)).toEqual([])
        for (let count = newEnd; count < 125; count++) {
          await put(log, `new-${count % 7}`, `new ${count}`)
        }
        await end()
        const left = recordsOf(log)
        for (const { offset, value } of left) {
          if (offset >= newEnd) expect(value).toBe(`new ${offset}`)
        }
        expect(latestOf(left)).toEqual({ ...latestOf(kept), ...newOnes(newEnd) })
      },
      (log) => {
        log.flush().catch(() => {})
        cut = log.truncateTo(47)
      },
    )
    expect(steps).toBeGreaterThan(30)
  },
)

test('a log that is emptied in the middle of a cleaning is empty', long, async () => {
  await atEveryStep(async ({ log, directory, put, end }) => {
    await log.truncateFullyAndStartAt(500)
    for (let count = 500; count < 520; count++) await put(log, 'key', `new ${count}`)
    await end()
    expect(recordsOf(log).map(({ offset }) => offset)).toContain(519)
    expect(recordsOf(log).every(({ value }) => value.startsWith('new'))).toBe(true)
    const checkpoint = directory.checkpointOf(cleanerCheckpoint, own) ?? 0
    expect(checkpoint).toBeLessThanOrEqual(log.logEndOffset)
  })
})

test(
  'segments before a start that was moved go when the cleaning has ended, not under it',
  long,
  async () => {
    await atEveryStep(async ({ log, disk, end }) => {
      const moved = log.moveStartTo(100)
      expect(() => log.read(99, { maxBytes: 1 })).toThrow('99 is not within 100 to 120')
      await end()
      await settled(disk, moved)
      expect(log.segmentList[0]?.baseOffset).toBeGreaterThan(60)
      expect(latestOf(recordsOf(log))).toEqual(latestUpTo(120))
    })
  },
)

test(
  'a log that is deleted in the middle of a cleaning is gone, and its successor untouched',
  long,
  async () => {
    await atEveryStep(async ({ directory, disk, files, put, end, log }) => {
      directory.delete({ ...own, uniqueId: 'u1' })
      const next = directory.open({ ...newOrders, config })
      for (let count = 0; count < 30; count++) await put(next, `key-${count}`, `next ${count}`)
      await end()
      expect(log.isClosed).toBe(true)
      expect(recordsOf(next).map(({ value }) => value)).toEqual(
        Array.from({ length: 30 }, (_, count) => `next ${count}`),
      )
      expect(directory.checkpointOf(cleanerCheckpoint, own)).toBeUndefined()
      while (disk.inFlight > 0) {
        disk.settle()
        await turn()
      }
      expect(files.list(path)).not.toContain('orders-0.u1-delete')
    })
  },
)

test('a log that is set aside in the middle of a cleaning is whole', long, async () => {
  await atEveryStep(async ({ directory, end, files }) => {
    directory.open({ ...newOrders, config })
    await end()
    const [stray] = directory.strays()
    expect(files.list(`${path}/${stray?.directory}`)).toContain('00000000000000000000.log')
    expect(directory.checkpointOf(cleanerCheckpoint, own)).toBeUndefined()
    // It is found again under its own name, with all that it had.
    await finished(directory.stop(stopped), () => {})
    files.rename(`${path}/${stray?.directory}`, `${path}/orders-0`)
    const again = (await start(files)).open(own)
    expect(latestOf(recordsOf(again))).toEqual(latestUpTo(120))
  })
})

test.each([
  ['a stop of the data directory', 0],
  ['a stop after the start was moved', 100],
])('%s in the middle of a cleaning is clean', long, async (_, newStart) => {
  await atEveryStep(async ({ directory, disk, end, log: stoppedLog }) => {
    stoppedLog.moveStartTo(newStart).catch(() => {})
    const stop = directory.stop(stopped)
    await finished(stop, () => disk.inFlight > 0 && disk.settle(0))
    expect(await stop).toEqual({ clean: true })
    await end()
    disk.crash({ keepCache: false, unsynced: 'nothing' })
    const again = await start(disk.files())
    expect(again.lastStop.clean).toBe(true)
    const log = again.open(own)
    expect(log.logStartOffset).toBe(newStart)
    expect(latestOf(recordsOf(log))).toEqual(latestUpTo(120))
    expect(again.checkpointOf(cleanerCheckpoint, own) ?? 0).toBeLessThanOrEqual(120)
  })
})

async function finished(promise: Promise<unknown>, step: () => unknown): Promise<void> {
  const done = promise.then(() => 'done')
  while ((await Promise.race([done, turn()])) !== 'done') step()
}

function latestOf(records: readonly KeyValue[]): Record<string, string> {
  return Object.fromEntries(records.map(({ key, value }) => [key, value]))
}

/** The latest of each key among the records before the cut. */
function latestUpTo(offset: number): Record<string, string> {
  const all = Array.from({ length: offset }, (_, count) => [`key-${count % 6}`, `${count}`])
  return Object.fromEntries(all) as Record<string, string>
}

function newOnes(offset: number): Record<string, string> {
  const all = Array.from({ length: 125 - offset }, (_, index) => {
    const count = offset + index
    return [`new-${count % 7}`, `new ${count}`]
  })
  return Object.fromEntries(all) as Record<string, string>
}
