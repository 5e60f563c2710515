import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { realFiles } from '../../../lib/real-files.ts'
import { countingFiles } from './counting-files.ts'
import {
  batchAt,
  bytesOf,
  openAt,
  rangesOf,
  servicesOn,
  smallConfig,
  temporaryFolder,
  write,
} from './log-support.ts'

const nowMs = 5_000
const all = { maxBytes: 1_000_000 }

describe('before its first append', () => {
  test('a log has nothing on the disk', async () => {
    const directory = temporaryFolder()
    const log = openAt(join(directory, 'orders-0'), servicesOn(realFiles))
    expect(log.read(0, all)).toEqual({ parts: [], sizeBytes: 0 })
    expect(readdirSync(directory)).toEqual([])
  })

  test('its directory and first segment come with the first append, and no index yet', async () => {
    const directory = join(temporaryFolder(), 'orders-0')
    const log = openAt(directory, servicesOn(realFiles))
    await write(log, [batchAt(0, 3)], nowMs)
    expect(readdirSync(directory)).toEqual(['00000000000000000000.log'])
  })
})

describe('reading', () => {
  test('begins with the batch that holds the offset, from memory or from the file alike', async () => {
    for (const tailBytes of [0, 1_000_000]) {
      const log = openAt(join(temporaryFolder(), 'orders-0'), servicesOn(realFiles, { tailBytes }))
      await write(log, [batchAt(0, 3), batchAt(3, 4), batchAt(7, 1)], nowMs)
      expect(rangesOf(log.read(4, all))).toEqual([
        [3, 7],
        [7, 8],
      ])
    }
  })

  test('the tail costs no access to files', async () => {
    const { files, counted } = countingFiles()
    const services = servicesOn(files)
    const log = openAt(join(temporaryFolder(), 'orders-0'), services)
    await write(log, [batchAt(0, 3), batchAt(3, 4)], nowMs)
    counted.reads = 0
    expect(rangesOf(log.read(0, all))).toHaveLength(2)
    expect(counted.reads).toBe(0)
  })

  test('ends before the batch that ends behind what may be read', async () => {
    for (const tailBytes of [0, 1_000_000]) {
      const log = openAt(join(temporaryFolder(), 'orders-0'), servicesOn(realFiles, { tailBytes }))
      await write(log, [batchAt(0, 3), batchAt(3, 4), batchAt(7, 1)], nowMs)
      expect(rangesOf(log.read(0, { ...all, endOffset: 7 }))).toEqual([
        [0, 3],
        [3, 7],
      ])
      expect(rangesOf(log.read(0, { ...all, endOffset: 6 }))).toEqual([[0, 3]])
      expect(log.read(3, { ...all, endOffset: 5 }).sizeBytes).toBe(0)
    }
  })

  test('outside of the log is OFFSET_OUT_OF_RANGE', async () => {
    const log = openAt(join(temporaryFolder(), 'orders-0'), servicesOn(realFiles))
    await write(log, [batchAt(0, 3)], nowMs)
    await log.moveStartTo(2)
    const outOfRange = expect.objectContaining({ code: 'OFFSET_OUT_OF_RANGE' })
    expect(() => log.read(1, all)).toThrow(outOfRange)
    expect(() => log.read(4, all)).toThrow(outOfRange)
    expect(log.read(3, all).sizeBytes).toBe(0)
  })
})

describe('times', () => {
  test('are found in any segment, and within a batch', async () => {
    const log = openAt(join(temporaryFolder(), 'orders-0'), servicesOn(realFiles, { tailBytes: 0 }))
    for (let offset = 0; offset < 200; offset += 2) await write(log, [batchAt(offset, 2)], nowMs)
    expect(log.segmentCount).toBeGreaterThan(3)
    for (const offset of [0, 1, 77, 150, 199]) {
      const found = { timestamp: 1_000 + offset, offset, leaderEpoch: 3 }
      expect(log.findTimestamp(1_000 + offset)).toEqual(found)
    }
    expect(log.findTimestamp(1_200)).toBeUndefined()
    expect(log.findMaxTimestamp()).toMatchObject({ timestamp: 1_199, offset: 199 })
  })

  test('that do not rise with the offsets are found at their first offset', async () => {
    const log = openAt(join(temporaryFolder(), 'orders-0'), servicesOn(realFiles, { tailBytes: 0 }))
    const times = [50, 10, 90, 20, 90, 95, 5]
    for (const [offset, timestamp] of times.entries()) {
      await write(log, [batchAt(offset, 1, { timestamp })], nowMs)
    }
    expect(log.findTimestamp(51)).toMatchObject({ timestamp: 90, offset: 2 })
    expect(log.findTimestamp(91)).toMatchObject({ timestamp: 95, offset: 5 })
    await log.moveStartTo(3)
    expect(log.findTimestamp(51)).toMatchObject({ timestamp: 90, offset: 4 })
  })

  test('are the same after the log was closed and opened', async () => {
    const directory = join(temporaryFolder(), 'orders-0')
    const log = openAt(directory, servicesOn(realFiles))
    for (let offset = 0; offset < 100; offset++) await write(log, [batchAt(offset, 1)], nowMs)
    log.close()
    for (const clean of [true, false]) {
      const again = openAt(directory, servicesOn(realFiles), { clean })
      expect(again.findTimestamp(1_042)).toMatchObject({ offset: 42 })
      expect(again.findMaxTimestamp()).toMatchObject({ offset: 99 })
      again.close()
    }
  })
})

describe('few files are open', () => {
  test('however many logs and segments there are', async () => {
    const services = servicesOn(realFiles, { openFiles: 5, tailBytes: 0 })
    const directory = temporaryFolder()
    const logs = Array.from({ length: 10 }, (_, id) => openAt(join(directory, `t-${id}`), services))
    for (let offset = 0; offset < 60; offset++) {
      for (const log of logs) await write(log, [batchAt(offset, 1)], nowMs)
    }
    for (const log of logs) expect(rangesOf(log.read(30, all))[0]).toEqual([30, 31])
    expect(services.handles.count).toBeLessThanOrEqual(5)
  })
})

describe('removing', () => {
  test('segments before the start are gone from the disk, the active one stays', async () => {
    const directory = join(temporaryFolder(), 'orders-0')
    const log = openAt(directory, servicesOn(realFiles))
    for (let offset = 0; offset < 100; offset++) await write(log, [batchAt(offset, 1)], nowMs)
    const before = readdirSync(directory).length
    await log.moveStartTo(100)
    expect(log.segmentCount).toBe(1)
    expect(readdirSync(directory).length).toBeLessThan(before)
    expect(log.logEndOffset).toBe(100)
  })

  test('what nobody holds of a removed segment fails, and makes no file', async () => {
    const directory = join(temporaryFolder(), 'orders-0')
    const log = openAt(directory, servicesOn(realFiles, { tailBytes: 0 }))
    for (let offset = 0; offset < 100; offset++) await write(log, [batchAt(offset, 1)], nowMs)
    const slice = log.read(0, all)
    await log.moveStartTo(100)
    const files = readdirSync(directory)
    expect(() => bytesOf(slice)).toThrow('is gone, read the log again')
    expect(readdirSync(directory)).toEqual(files)
  })
})

test('segments are of the size that is asked for, or hold one batch', async () => {
  const directory = join(temporaryFolder(), 'orders-0')
  const log = openAt(directory, servicesOn(realFiles))
  const batches = Array.from({ length: 50 }, (_, index) => batchAt(index, 1, { valueBytes: 200 }))
  await write(log, [...batches, batchAt(50, 1, { valueBytes: 5_000 }), batchAt(51, 1)], nowMs)
  const sizes = readdirSync(directory)
    .filter((name) => name.endsWith('.log'))
    .map((name) => statSync(join(directory, name)).size)
  expect(sizes.filter((size) => size > smallConfig.segmentBytes)).toHaveLength(1)
  expect(rangesOf(log.read(49, all))[0]).toEqual([49, 50])
})
