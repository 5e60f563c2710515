import { expect, test } from 'vitest'
import type { PartitionLog } from '../../../broker/log/partition-log.ts'
import { SimulatedDisk } from '../../sim/disk/simulated-disk.ts'
import { batchAt, openAt, servicesOn, smallConfig, write } from './log-support.ts'

const now = { nowMs: 1_500, highWatermark: Number.MAX_SAFE_INTEGER }

test('segments go whose records are all older than retention.ms', async () => {
  const log = await filled({ retentionMs: 300 }) // record 0 is of 1,000 ms, record 499 of 1,499
  await log.applyRetention(now)
  const first = log.findTimestamp(0)?.timestamp ?? 0
  expect(first).toBeGreaterThan(1_100)
  expect(first).toBeLessThanOrEqual(1_200)
  expect(log.logStartOffset).toBe(first - 1_000)
})

test('the active segment goes too when all of it is too old', async () => {
  const log = await filled({ retentionMs: 300 })
  await log.applyRetention({ ...now, nowMs: 1_000_000 })
  expect([log.logStartOffset, log.logEndOffset, log.sizeBytes]).toEqual([500, 500, 0])
})

test('records without a time are not old', async () => {
  const log = await filled({ retentionMs: 300 }, { timestamp: -1 })
  await log.applyRetention({ ...now, nowMs: 1_000_000 })
  expect(log.logStartOffset).toBe(0)
})

test('segments go without which the log is still as large as retention.bytes', async () => {
  const log = await filled({ retentionMs: -1, retentionBytes: 10_000 })
  await log.applyRetention(now)
  expect(log.sizeBytes).toBeGreaterThanOrEqual(10_000)
  expect(log.sizeBytes).toBeLessThan(10_000 + smallConfig.segmentBytes)
})

test('by size alone the active segment stays, however large it is', async () => {
  const log = await filled({ retentionMs: -1, retentionBytes: 0 })
  await log.applyRetention(now)
  expect(log.sizeBytes).toBeGreaterThan(0)
  expect(log.segmentCount).toBe(1)
})

test('nothing above the high watermark goes', async () => {
  const log = await filled({ retentionMs: 0 })
  await log.applyRetention({ nowMs: 1_000_000, highWatermark: 250 })
  expect(log.logStartOffset).toBeLessThanOrEqual(250)
  expect(log.logStartOffset).toBeGreaterThan(200)
})

test('-1 is no limit', async () => {
  const log = await filled({ retentionMs: -1, retentionBytes: -1 })
  expect(await log.applyRetention({ ...now, nowMs: Number.MAX_SAFE_INTEGER })).toBe(0)
})

/** A log of 500 records with rising timestamps, in about 30 segments. */
async function filled(
  config: Partial<typeof smallConfig>,
  batch: { timestamp?: number } = {},
): Promise<PartitionLog> {
  const services = servicesOn(new SimulatedDisk(1).files())
  const log = openAt('/data/orders-0', services, { config: { ...smallConfig, ...config } })
  for (let offset = 0; offset < 500; offset++) await write(log, [batchAt(offset, 1, batch)], 0)
  return log
}
