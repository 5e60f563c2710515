import { describe, expect, test } from 'vitest'
import { DiskPace } from '../../../broker/log/disk-pace.ts'
import type { PartitionLog } from '../../../broker/log/partition-log.ts'
import { SimulatedDisk } from '../../sim/disk/simulated-disk.ts'
import { seeded } from '../../support/mutate.ts'
import { batchAt, bytesOf, openAt, rangesOf, servicesOn } from './log-support.ts'

const all = { maxBytes: 1_000_000 }

describe('what has to wait for the disk', () => {
  test('is not in the log before it is written, and its end is told', async () => {
    const disk = new SimulatedDisk(1, { later: 'held' })
    const log = openAt('/data/orders-0', servicesOn(disk.files()))
    const ends: number[] = []
    log.listener = { written: () => ends.push(log.logEndOffset), failed: () => {} }
    log.append([batchAt(0, 5)], 0)
    log.append([batchAt(5, 5)], 0)
    expect([log.logEndOffset, log.nextOffset]).toEqual([0, 10])
    expect(bytesOf(log.read(0, all)).length).toBe(0)
    await settle(disk, log)
    expect(log.logEndOffset).toBe(10)
    expect(rangesOf(log.read(0, all))).toEqual([
      [0, 5],
      [5, 10],
    ])
    expect(ends.at(-1)).toBe(10)
  })

  test('is lost with the log when the disk fails, and who waits is told', async () => {
    const disk = new SimulatedDisk(1, { later: 'held' })
    const log = openAt('/data/orders-0', servicesOn(disk.files()))
    const failures: string[] = []
    log.listener = { written: () => {}, failed: ({ problem }) => failures.push(problem) }
    disk.fail({ call: 'write', path: /\.log$/, code: 'ENOSPC' })
    log.append([batchAt(0, 5)], 0)
    const written = log.written()
    await expect(settleAll(disk, written)).rejects.toMatchObject({ problem: 'DiskFull' })
    expect(failures).toEqual(['DiskFull'])
    expect(log.logEndOffset).toBe(0)
    expect(() => log.append([batchAt(5, 5)], 0)).toThrow('is offline')
  })

  test('is dropped when the log is closed, and makes no file after that', async () => {
    const disk = new SimulatedDisk(1, { later: 'held' })
    const files = disk.files()
    const log = openAt('/data/orders-0', servicesOn(files))
    log.append([batchAt(0, 5)], 0)
    log.close()
    for (let turns = 0; turns < 10; turns++) await turn(disk)
    expect(files.list('/data/orders-0')).toEqual([])
    expect(log.logEndOffset).toBe(0)
  })
})

test('while the disk is slow all logs on it leave writing to the thread pool', async () => {
  const clock = { nowMs: 0, monotonicMs: () => clock.nowMs }
  const pace = new DiskPace(clock)
  const disk = new SimulatedDisk(1)
  const services = { ...servicesOn(disk.files()), pace }
  const [one, other] = [openAt('/data/a-0', services), openAt('/data/b-0', services)]
  await Promise.all([one, other].map(async (log) => append(log, 0)))

  one.append([batchAt(5, 5)], 0)
  expect(one.logEndOffset, 'written at once').toBe(10)
  pace.wrote(clock.nowMs - 6) // a write that took 6 ms
  other.append([batchAt(5, 5)], 0)
  expect(other.logEndOffset, 'written later').toBe(5)
  await other.written()
  expect(other.logEndOffset).toBe(10)
  clock.nowMs += 1_001
  other.append([batchAt(10, 5)], 0)
  expect(other.logEndOffset, 'at once again').toBe(15)
})

test.each(Array.from({ length: 30 }, (_, seed) => seed + 1))(
  'batches are in the order of their offsets, in the same segments, however they were written: %i',
  async (seed) => {
    const random = seeded(seed * 31)
    const clock = { nowMs: 0, monotonicMs: () => clock.nowMs }
    const pace = new DiskPace(clock)
    const [mixed, atOnce] = [new SimulatedDisk(seed, { later: 'held' }), new SimulatedDisk(seed)]
    const log = openAt('/data/a-0', { ...servicesOn(mixed.files(), { tailBytes: 0 }), pace })
    const model = openAt('/data/a-0', servicesOn(atOnce.files(), { tailBytes: 0 }))
    for (let step = 0; step < 60; step++) {
      if (random(4) === 0) pace.wrote(clock.nowMs - 10)
      clock.nowMs += random(800)
      let end = log.nextOffset
      const sizes = Array.from({ length: 1 + random(3) }, () => 1 + random(4))
      const batches = sizes.map((count) => batchAt((end += count) - count, count))
      log.append(batches, 0)
      for (const batch of batches) {
        model.append([batch], 0)
        await model.written()
      }
      for (let turns = random(6); turns > 0; turns--) await turn(mixed)
      const read = bytesOf(log.read(log.logStartOffset, all))
      expect(bytesOf(model.read(0, all)).subarray(0, read.length).equals(read)).toBe(true)
    }
    await settle(mixed, log)
    expect(log.logEndOffset).toBe(model.logEndOffset)
    expect(log.segmentList.map(({ baseOffset }) => baseOffset)).toEqual(
      model.segmentList.map(({ baseOffset }) => baseOffset),
    )
  },
)

async function append(log: PartitionLog, baseOffset: number): Promise<void> {
  log.append([batchAt(baseOffset, 5)], 0)
  await log.written()
}

async function turn(disk: SimulatedDisk): Promise<void> {
  disk.settle()
  await new Promise((resolve) => void setImmediate(resolve))
}

function settle(disk: SimulatedDisk, log: PartitionLog): Promise<void> {
  return settleAll(disk, log.written())
}

async function settleAll(disk: SimulatedDisk, promise: Promise<void>): Promise<void> {
  const done = new AbortController()
  const settled = promise.finally(() => done.abort())
  settled.catch(() => {}) // told below
  while (!done.signal.aborted) await turn(disk)
  return settled
}
