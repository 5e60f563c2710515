import { expect, test } from 'vitest'
import { metadataRecord } from '../../../broker/metadata/records.ts'
import type { Partition } from '../../../broker/partition/partition.ts'
import type { topicConfig } from '../../../broker/protocol/config/topic-config.ts'
import { buildBatch } from '../../../broker/protocol/records/build.ts'
import { uuid } from '../metadata/support.ts'
import { byName, startPartitions, topicOn } from './support.ts'

const [topicType, brokerType] = [2, 4]

/** A partition with one record of the year 1970, whose settings a test changes while it is open. */
async function openPartition() {
  const own = await startPartitions()
  own.tell(...topicOn('orders', uuid(1)))
  const partition = own.partitions.leaderOf(byName('orders'), 0)
  await append(partition)
  const give = (type: number, resourceName: string, name: string, value: string | null) => {
    own.tell(metadataRecord('ConfigRecord', { resourceType: type, resourceName, name, value }))
  }
  const set = (name: string, value: string | null) => give(topicType, 'orders', name, value)
  return { partition, give, set }
}

async function append(partition: Partition, { valueBytes = 10, timestamp = 1_000 } = {}) {
  const value = Buffer.alloc(valueBytes)
  const records = [{ timestamp, key: Buffer.from('a'), value, headers: [] }]
  const written = { acks: 1, timeoutMs: 5_000 } as const
  const [result] = await partition.append([buildBatch({ records })], written)
  return result
}

/** @returns How many segments retention takes away. */
function retain({ highWatermark, log }: Partition): Promise<number> {
  return log.applyRetention({ nowMs: Date.now(), highWatermark })
}

const refused = { error: expect.objectContaining({ code: 'MESSAGE_TOO_LARGE' }) as unknown }

test('max.message.bytes holds for the next batch, and the default once it is taken back', async () => {
  const { partition, set } = await openPartition()
  set('max.message.bytes', '200')
  expect(await append(partition, { valueBytes: 500 })).toEqual(refused)
  set('max.message.bytes', null)
  expect(await append(partition, { valueBytes: 500 })).toMatchObject({ baseOffset: 1 })
})

test('what is set for all brokers, and for this one before it, holds for topics at once', async () => {
  const { partition, give, set } = await openPartition()
  give(brokerType, '', 'message.max.bytes', '200')
  expect(await append(partition, { valueBytes: 500 })).toEqual(refused)
  give(brokerType, '3', 'message.max.bytes', '1000')
  expect(await append(partition, { valueBytes: 500 })).toMatchObject({ baseOffset: 1 })
  set('max.message.bytes', '200')
  expect(await append(partition, { valueBytes: 500 })).toEqual(refused)
})

test('message.timestamp.type holds for the next batch', async () => {
  const { partition, set } = await openPartition()
  expect(await append(partition)).toMatchObject({ logAppendTimeMs: -1 })
  set('message.timestamp.type', 'LogAppendTime')
  expect(await append(partition)).toMatchObject({ logAppendTimeMs: expect.closeTo(Date.now(), -4) })
})

test('segment.bytes and segment.ms hold for the segment that is written', async () => {
  const { partition, set } = await openPartition()
  await append(partition, { valueBytes: 900_000, timestamp: 2_000 })
  set('segment.bytes', '1048576')
  await append(partition, { valueBytes: 900_000, timestamp: 2_000 })
  expect(partition.log.segmentCount).toBe(2)
  set('segment.ms', '500')
  await append(partition, { timestamp: 3_000 })
  expect(partition.log.segmentCount).toBe(3)
})

test('retention.ms holds when it is looked next', async () => {
  const { partition, set } = await openPartition()
  set('retention.ms', '-1')
  expect(await retain(partition)).toBe(0)
  set('retention.ms', '1000')
  expect(await retain(partition)).toBe(1)
  expect(partition.log.logStartOffset).toBe(1)
})

test('retention.bytes holds when it is looked next', async () => {
  const { partition, set } = await openPartition()
  set('retention.ms', '-1')
  await partition.log.roll()
  await append(partition)
  expect(await retain(partition)).toBe(0)
  set('retention.bytes', '1')
  expect(await retain(partition)).toBe(1)
})

test('cleanup.policy holds when it is looked next', async () => {
  const { partition, set } = await openPartition()
  set('cleanup.policy', 'compact')
  expect(await retain(partition)).toBe(0)
  set('cleanup.policy', 'compact,delete')
  expect(await retain(partition)).toBe(1)
})

test('kavka.flush holds for the next batch, and for what is not on the disk yet', async () => {
  const { partition, set } = await openPartition()
  expect(partition.log.flushedEndOffset).toBe(0)
  set('kavka.flush', 'Always')
  await append(partition)
  await expect.poll(() => partition.log.flushedEndOffset).toBe(2)
  expect(partition.highWatermark).toBe(2)
})

test('flush.messages holds for the next batch', async () => {
  const { partition, set } = await openPartition()
  set('flush.messages', '1')
  await append(partition)
  await expect.poll(() => partition.log.flushedEndOffset).toBe(2)
})

/** Of a log, what is told of each of its settings. */
const others: readonly (readonly [name: keyof typeof topicConfig, value: string])[] = [
  ['delete.retention.ms', '77'],
  ['flush.ms', '77'],
  ['index.interval.bytes', '77'],
  ['max.compaction.lag.ms', '77'],
  ['min.cleanable.dirty.ratio', '0.77'],
  ['min.compaction.lag.ms', '77'],
  ['segment.index.bytes', '77'],
]

test.each(others)('%s is what the log and its cleaner go by from then on', async (name, value) => {
  const { partition, set } = await openPartition()
  const before = partition.log.config
  set(name, value)
  const changed = Object.entries(partition.log.config).filter(([key, own]) => {
    return before[key as keyof typeof before] !== own
  })
  expect(changed.map(([, own]) => own)).toEqual([Number(value)])
})
