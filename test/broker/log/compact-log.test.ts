import { expect, test } from 'vitest'
import { compactLog } from '../../../broker/log/compact-log.ts'
import { OffsetMap } from '../../../broker/log/compaction/offset-map.ts'
import type { PartitionLog } from '../../../broker/log/partition-log.ts'
import { buildBatch } from '../../../broker/protocol/records/build.ts'
import { nextOffsetOf } from '../../../broker/protocol/records/header.ts'
import { readRecords } from '../../../broker/protocol/records/read.ts'
import { batchStarts } from '../../../broker/protocol/records/walk.ts'
import { SimulatedDisk } from '../../sim/disk/simulated-disk.ts'
import { bytesOf, openAt, servicesOn, smallConfig, write } from './log-support.ts'

const config = { ...smallConfig, isCompacted: true }

test.each([
  ['in one pass', 100_000],
  ['in several, where the map is small', 24 * 12],
])('of each key the latest record stays, at its offset: %s', async (_, mapBytes) => {
  const disk = new SimulatedDisk(3)
  const log = openAt('/data/orders-0', servicesOn(disk.files()), { config })
  const latest = await fill(log, { keys: 25, records: 400 })
  const before = log.sizeBytes
  const cleanedEndOffset = await compact(log, disk, mapBytes)

  expect(log.sizeBytes).toBeLessThan(before / 2)
  const left = recordsOf(log)
  for (const [key, { offset, value }] of latest) {
    expect(left.filter((record) => record.key === key).at(-1)).toEqual({ key, offset, value })
  }
  const cleaned = left.filter(({ offset }) => offset < cleanedEndOffset)
  expect(new Set(cleaned.map(({ key }) => key)).size).toBe(cleaned.length)
  expect(log.logEndOffset).toBe(400)
})

test('a reader that asks again goes on, from memory and from the disk, while it is compacted', async () => {
  const disk = new SimulatedDisk(3)
  const log = openAt('/data/orders-0', servicesOn(disk.files(), { tailBytes: 0 }), { config })
  await fill(log, { keys: 25, records: 400 })
  const slice = log.read(0, { maxBytes: 1_000 })
  await compact(log, disk, 100_000)
  expect(() => bytesOf(slice)).toThrow('is gone, read the log again')
  expect(bytesOf(log.read(0, { maxBytes: 1_000 })).length).toBeGreaterThan(0)
})

test('what was compacted is the same after a clean stop, after a kill, and after a loss of power', async () => {
  for (const [clean, crash] of [
    [true, { keepCache: true }],
    [false, { keepCache: true }],
    [false, { keepCache: false }],
  ] as const) {
    const disk = new SimulatedDisk(5)
    disk.files().makeDirectory('/data')
    disk.files().syncDirectory('/')
    const log = openAt('/data/orders-0', servicesOn(disk.files()), { config })
    await fill(log, { keys: 25, records: 400 })
    await log.flush()
    await compact(log, disk, 100_000)
    const left = recordsOf(log)
    const { flushedEndOffset } = log
    if (clean) log.close()
    disk.crash(crash)
    const again = openAt('/data/orders-0', servicesOn(disk.files()), {
      clean,
      flushedEndOffset,
      config,
    })
    expect(recordsOf(again)).toEqual(left)
  }
})

test('a log that is cut off where all was compacted away ends where the batch before does', async () => {
  const disk = new SimulatedDisk(5)
  disk.files().makeDirectory('/data')
  disk.files().syncDirectory('/')
  const log = openAt('/data/orders-0', servicesOn(disk.files()), { config })
  // Of every 20 one stays.
  for (let offset = 0; offset < 400; offset++) {
    await append(log, offset % 20 === 0 ? `${offset}` : 'key', `${offset}`)
  }
  await log.flush()
  await compact(log, disk, 100_000)
  const offsets = recordsOf(log).map(({ offset }) => offset)
  const gap = offsets.findIndex((offset, index) => offset === (offsets[index - 1] ?? offset) + 20)
  const asked = (offsets[gap] as number) - 3
  const newEnd = await log.truncateTo(asked)
  expect(newEnd).toBeLessThanOrEqual(asked)
  expect(newEnd).toBeGreaterThan(offsets[gap - 1] as number)
  expect(recordsOf(log).map(({ offset }) => offset)).toEqual(offsets.slice(0, gap))

  // The next start finds the same end, and so all that was durable.
  const { flushedEndOffset } = log
  disk.crash({ keepCache: false })
  const again = openAt('/data/orders-0', servicesOn(disk.files()), { flushedEndOffset, config })
  expect(again.logEndOffset).toBe(newEnd)
})

/** Appends records of a few keys, which come again and again. @returns The latest of each. */
async function fill(log: PartitionLog, { keys, records }: { keys: number; records: number }) {
  const latest = new Map<string, { offset: number; value: string }>()
  for (let offset = 0; offset < records; offset++) {
    const key = `key-${(offset * 7) % keys}`
    const value = `value-${offset}`
    await append(log, key, value)
    latest.set(key, { offset, value })
  }
  return latest
}

async function append(log: PartitionLog, key: string, value: string): Promise<void> {
  const baseOffset = log.logEndOffset
  const record = {
    timestamp: 1_000,
    key: Buffer.from(key),
    value: Buffer.from(value),
    headers: [],
  }
  await write(log, [buildBatch({ records: [record], baseOffset, partitionLeaderEpoch: 1 })], 0)
}

async function compact(log: PartitionLog, disk: SimulatedDisk, mapBytes: number): Promise<number> {
  const map = new OffsetMap({ sizeBytes: mapBytes, hashKey: new Uint8Array(16).fill(7) })
  let cleanedEndOffset: number | undefined
  for (;;) {
    const cleaned = await compactLog(log, {
      files: disk.files(),
      map,
      cleanedEndOffset,
      lastStableOffset: log.logEndOffset,
      nowMs: 10_000,
      force: true,
      pause: async () => {},
      isCancelled: () => false,
    })
    cleanedEndOffset = cleaned?.firstDirtyOffset ?? cleanedEndOffset
    if (cleaned === undefined || cleaned.isComplete) return cleanedEndOffset ?? 0
  }
}

function recordsOf(log: PartitionLog) {
  const records: { key: string; offset: number; value: string }[] = []
  const budget = { remainingBytes: 1_000_000 }
  for (let offset = log.logStartOffset; offset < log.logEndOffset; ) {
    const bytes = bytesOf(log.read(offset, { maxBytes: 1_000_000 }))
    let last = offset
    for (const start of batchStarts(bytes)) {
      for (const record of readRecords(bytes, { start, budget })) {
        const key = Buffer.from(record.key ?? []).toString()
        const value = Buffer.from(record.value ?? []).toString()
        if (record.offset >= offset) records.push({ key, offset: record.offset, value })
      }
      last = Math.max(last, nextOffsetOf(bytes, start))
    }
    if (last === offset) break
    offset = last
  }
  return records
}
