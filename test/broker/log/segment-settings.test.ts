import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { defaultLogConfig, type LogConfig } from '../../../broker/log/log-config.ts'
import { realFiles } from '../../../lib/real-files.ts'
import { batchAt, openAt, servicesOn, temporaryFolder, write } from './log-support.ts'

/** The sizes of the files with an ending, after batches were appended at their own times and all closed. */
async function sizesOf(
  ending: string,
  set: Partial<LogConfig>,
  timestamps: readonly number[],
): Promise<number[]> {
  const directory = join(temporaryFolder(), 'orders-0')
  const config = { ...defaultLogConfig, ...set }
  const log = openAt(directory, servicesOn(realFiles), { config })
  for (const [index, timestamp] of timestamps.entries()) {
    await write(log, [batchAt(index, 1, { timestamp, valueBytes: 200 })], timestamp)
  }
  log.close()
  return readdirSync(directory)
    .filter((name) => name.endsWith(ending))
    .map((name) => statSync(join(directory, name)).size)
}

const one = batchAt(0, 1, { valueBytes: 200 }).byteLength
const evenly = (count: number, everyMs = 1) =>
  Array.from({ length: count }, (_, at) => at * everyMs)

test('a segment is closed once its first batch is segment.ms older than the next one', async () => {
  expect(await sizesOf('.log', { segmentMs: 1_000 }, [0, 500, 1_000, 1_001, 2_001, 2_002])).toEqual(
    [3 * one, 2 * one, one],
  )
})

test('a segment is closed when an index of segment.index.bytes is full', async () => {
  // An entry of the time index has 12 bytes, and each batch has an entry.
  const set = { segmentIndexBytes: 48, indexIntervalBytes: 0 }
  const sizes = await sizesOf('.log', set, evenly(9))
  expect(sizes.length).toBeGreaterThan(1)
  for (const size of sizes) expect(size).toBeLessThanOrEqual(5 * one)
  for (const size of await sizesOf('.timeindex', set, evenly(9))) {
    expect(size).toBeLessThanOrEqual(48)
  }
})

test('the index has an entry for every index.interval.bytes', async () => {
  const entries = async (indexIntervalBytes: number) =>
    ((await sizesOf('.index', { indexIntervalBytes }, evenly(60)))[0] ?? 0) / 8
  expect(await entries(10 * one)).toBe(5)
  expect(await entries(20 * one)).toBe(2)
})
