import { beforeEach, expect, test } from 'vitest'
import { CleaningCancelled } from '../../../../broker/log/compaction/pacer.ts'
import { type BatchInput, buildBatch } from '../../../../broker/protocol/records/build.ts'
import { buildEndTransactionMarker } from '../../../../broker/protocol/records/control.ts'
import {
  baseSequenceOf,
  baseTimestampOf,
  compressionOf,
  hasDeleteHorizon,
  isControl,
  maxTimestampOf,
  nextOffsetOf,
  partitionLeaderEpochOf,
  producerEpochOf,
  producerIdOf,
  recordsCountOf,
  timestampTypeOf,
} from '../../../../broker/protocol/records/header.ts'
import { placeBatch } from '../../../../broker/protocol/records/patch.ts'
import type { Files } from '../../../../lib/files.ts'
import { SimulatedDisk } from '../../../sim/disk/simulated-disk.ts'
import { CompactedLog, mapOf, rangeOf, recordsOf, retentionMs, text } from './support.ts'

const nowMs = 1_000_000
let files: Files
let log: CompactedLog

beforeEach(() => {
  files = new SimulatedDisk(1).files()
  log = new CompactedLog(files, '/orders-0')
})

/** Appends a batch of `key` or `key=value`; no value is a tombstone. */
function append(records: string[], options: Partial<BatchInput> = {}): void {
  const batch = {
    baseOffset: log.endOffset,
    records: records.map((record, index) => {
      const [key = '', value] = record.split('=')
      return {
        timestamp: 1_000 + index,
        key: Buffer.from(key),
        value: value === undefined ? null : Buffer.from(value),
      }
    }),
  }
  log.append(buildBatch({ ...batch, ...options }))
}

function end(type: 'commit' | 'abort', producerId: number): void {
  const marker = { type, coordinatorEpoch: 1, producerId, producerEpoch: 0, timestamp: 1_000 }
  const batch = buildEndTransactionMarker(marker)
  placeBatch(batch, 0, { baseOffset: log.endOffset, partitionLeaderEpoch: 0 })
  log.append(batch)
}

const transaction = (producerId: number, baseSequence = 0) => ({
  producerId,
  producerEpoch: 0,
  baseSequence,
  isTransactional: true,
})

/** What is in the log, but for the last batch, which is only there so that the log was rolled. */
function contents(): string[] {
  return log
    .records()
    .map(({ offset, key, value, batch }) =>
      isControl(batch, 0) ? `${offset} marker` : `${offset} ${text(key)}=${text(value)}`,
    )
}

function clean(time = nowMs): Promise<number> {
  log.roll()
  return log.cleanAll(mapOf(100), time)
}

test('the latest record of each key is left, with offset, timestamp and headers', async () => {
  append(['a=1', 'b=1', 'c=1'])
  const headers = [{ key: Buffer.from('h'), value: null }]
  const record = { timestamp: 77, key: Buffer.from('b'), value: Buffer.from('2'), headers }
  log.append(buildBatch({ records: [record], baseOffset: 3 }))
  append(['a=2'])
  await clean()
  expect(contents()).toEqual(['2 c=1', '3 b=2', '4 a=2'])
  const [, second] = log.records()
  expect(second?.timestamp).toBe(77)
  expect(second?.headers.map(({ key, value }) => [text(key), value])).toEqual([['h', null]])
})

test('a batch that loses records keeps its offsets and all that its header says', async () => {
  const header = { producerId: 5, producerEpoch: 3, baseSequence: 40, partitionLeaderEpoch: 9 }
  const record = (key: string) => ({
    timestamp: 500,
    key: Buffer.from(key),
    value: Buffer.from('v'),
  })
  const records = ['a', 'b', 'c'].map(record)
  const options = { records, ...header, compression: 'zstd', logAppendTimeMs: 900 } as const
  log.append(buildBatch({ ...options, baseOffset: 0 }))
  append(['a=2', 'c=2'])
  await clean()
  const [first] = [...log.batches()]
  const bytes = first?.bytes as Uint8Array
  expect(recordsOf(bytes).map(({ offset, timestamp }) => [offset, timestamp])).toEqual([[1, 900]])
  expect(rangeOf(bytes)).toEqual([0, 3])
  expect(producerIdOf(bytes, 0)).toBe(5)
  expect(producerEpochOf(bytes, 0)).toBe(3)
  expect(baseSequenceOf(bytes, 0)).toBe(40)
  expect(partitionLeaderEpochOf(bytes, 0)).toBe(9)
  expect(compressionOf(bytes, 0)).toBe('zstd')
  expect([timestampTypeOf(bytes, 0), maxTimestampOf(bytes, 0)]).toEqual(['LogAppendTime', 900])
})

test('a batch of which all is left is the same bytes', async () => {
  append(['a=1', 'b=1'], { compression: 'gzip' })
  const [before] = [...log.batches()]
  append(['c=1'])
  await clean()
  const [after] = [...log.batches()]
  expect(after?.bytes).toEqual(before?.bytes)
})

test('a tombstone is left until delete.retention.ms after the cleaning that found it', async () => {
  append(['a=1'])
  append(['a'])
  append(['z=1'])
  await clean()
  expect(contents()).toEqual(['1 a=null', '2 z=1'])
  const [batch] = [...log.batches()].filter(({ bytes }) => hasDeleteHorizon(bytes, 0))
  expect(baseTimestampOf(batch?.bytes as Uint8Array, 0)).toBe(nowMs + retentionMs)
  expect(log.records()[0]?.timestamp).toBe(1_000)

  append(['y=1'])
  await clean(nowMs + retentionMs - 1)
  expect(contents()).toEqual(['1 a=null', '2 z=1', '3 y=1'])
  append(['x=1'])
  await clean(nowMs + retentionMs)
  expect(contents()).toEqual(['2 z=1', '3 y=1', '4 x=1'])
})

test('records without a key go', async () => {
  const records = [{ timestamp: 1, key: null, value: Buffer.from('no key') }]
  log.append(buildBatch({ records, baseOffset: 0 }))
  append(['a=1'])
  await clean()
  expect(contents()).toEqual(['1 a=1'])
})

test('what was aborted goes, and hides nothing; its marker goes later', async () => {
  append(['a=1', 'b=1'])
  append(['a=aborted', 'c=aborted'], transaction(1))
  end('abort', 1)
  append(['a=3'], transaction(1, 2))
  end('commit', 1)
  append(['z=1'])
  await clean()
  expect(contents()).toEqual(['1 b=1', '4 marker', '5 a=3', '6 marker', '7 z=1'])

  append(['y=1'])
  await clean(nowMs + 1) // now it is seen that nothing is left of the aborted one
  append(['x=1'])
  await clean(nowMs + 1 + retentionMs)
  expect(contents()).toEqual(['1 b=1', '5 a=3', '6 marker', '7 z=1', '8 y=1', '9 x=1'])
  expect(log.abortedIn(0, 10)).toEqual([])
})

test('the marker of a commit stays while a record of its transaction does', async () => {
  append(['a=1'], transaction(1))
  end('commit', 1)
  append(['z=1'])
  for (const time of [0, 1, 2, 3]) {
    append([`y=${time}`])
    await clean(nowMs + time * retentionMs)
    expect(contents().slice(0, 2)).toEqual(['0 a=1', '1 marker'])
  }
  append(['a=2'])
  append(['z=1'])
  for (const time of [4, 5, 6]) {
    append([`y=${time}`])
    await clean(nowMs + time * retentionMs)
  }
  // The batch itself is left, since its producer is known by it, and the marker with it.
  expect(contents().some((record) => record.startsWith('0 '))).toBe(false)
  expect(contents()).toContain('1 marker')
  log.state.producers.removeExpired({ nowMs: 1e9, producerIdExpirationMs: 1 })
  for (const time of [7, 8, 9]) {
    append([`y=${time}`])
    await clean(nowMs + time * retentionMs)
  }
  expect(contents()).not.toContain('1 marker')
})

test('the last batch of a producer stays, without records, so that its sequence is known', async () => {
  append(['a=1', 'b=1'], { producerId: 7, producerEpoch: 2, baseSequence: 10 })
  append(['a=2', 'b=2'])
  append(['z=1'])
  await clean()
  const [first] = [...log.batches()]
  const bytes = first?.bytes as Uint8Array
  expect([producerIdOf(bytes, 0), baseSequenceOf(bytes, 0), recordsCountOf(bytes, 0)]).toEqual([
    7, 10, 0,
  ])
  expect(rangeOf(bytes)).toEqual([0, 2])
})

test('keys of an open transaction, and all behind it, are left alone', async () => {
  append(['a=1'])
  append(['a=2'], transaction(1))
  log.roll()
  append(['a=3'])
  log.roll()
  append(['b=1'])
  await clean()
  expect(contents()).toEqual(['0 a=1', '1 a=2', '2 a=3', '3 b=1'])
})

test('with a map for two keys it takes more passes, and the same is left', async () => {
  for (let round = 0; round < 3; round++) {
    for (let key = 0; key < 20; key += 2) append([`k${key}=${round}`, `k${key + 1}=${round}`])
  }
  log.roll()
  const passes = await log.cleanAll(mapOf(2), nowMs)
  expect(passes).toBeGreaterThan(20)
  expect(contents()).toEqual(Array.from({ length: 20 }, (_, key) => `${40 + key} k${key}=2`))
})

test('a batch with more keys than the map takes is cleaned in pieces', async () => {
  append(Array.from({ length: 10 }, (_, key) => `k${key}=0`))
  append(
    Array.from({ length: 10 }, (_, key) => `k${key}=1`),
    { compression: 'lz4' },
  )
  log.roll()
  const seen: number[] = []
  while ((seen.at(-1) ?? 0) < log.endOffset) {
    seen.push((await log.clean(mapOf(3), nowMs)).firstDirtyOffset)
  }
  expect(seen.slice(0, 4)).toEqual([3, 6, 9, 10])
  expect(contents()).toEqual(Array.from({ length: 10 }, (_, key) => `${10 + key} k${key}=1`))
})

test('small neighbours become one segment, which ends where they did', async () => {
  for (let i = 0; i < 10; i++) {
    append([`k${i % 2}=${i}`])
    log.roll()
  }
  append(['z=1'])
  await clean()
  expect(log.segments.map(({ baseOffset }) => baseOffset)).toEqual([0, 11])
  expect([...log.batches()].map(({ bytes }) => nextOffsetOf(bytes, 0)).at(-1)).toBe(11)
  expect(files.list('/orders-0').filter((name) => /cleaned|swap/.test(name))).toEqual([])
})

test('where nothing of a segment is left, a batch without records says where it ended', async () => {
  log.config.segmentBytes = 100 // each batch alone, so that none has a neighbour to go with
  append(['a=1'])
  append(['a=2'])
  append(['a=3'])
  await clean()
  const found = [...log.batches()].map(({ bytes }) => [...rangeOf(bytes), recordsCountOf(bytes, 0)])
  expect(found).toEqual([
    [0, 1, 0],
    [1, 2, 0],
    [2, 3, 1],
  ])
})

test('batches that grow go into a second segment, with no hole between the two', async () => {
  // A delete horizon makes each timestamp longer.
  const tombstones = Array.from({ length: 60 }, (_, key) => `key-${key}`)
  log.config.segmentBytes = 2_000
  append(tombstones.slice(0, 30))
  append(tombstones.slice(30))
  append(['live=1'])
  log.config.segmentBytes = log.segments[0]?.sizeBytes ?? 0
  await clean()
  expect(log.segments.map(({ baseOffset }) => baseOffset)).toEqual([0, 30, 61])
  for (const { sizeBytes } of log.segments)
    expect(sizeBytes).toBeLessThanOrEqual(log.config.segmentBytes)
  expect(contents()).toHaveLength(61)
})

test('a record that is larger than the buffer is read and written', async () => {
  append(['a=1'])
  append([`a=${'x'.repeat(20_000)}`])
  append([`b=${'y'.repeat(20_000)}`], { compression: 'gzip' })
  append(['c=1'])
  await clean()
  expect(contents().map((record) => record.length)).toEqual([20_004, 20_004, 5])
})

test('a cleaning that is cancelled leaves the log as it was, and no file behind', async () => {
  for (let i = 0; i < 100; i++) append([`k${i % 3}=${i}`])
  log.roll()
  const before = contents()
  for (const after of [0, 1, 5, 9]) {
    let left = after
    const isCancelled = () => --left < 0
    await expect(log.clean(mapOf(10), nowMs, { isCancelled })).rejects.toThrow(CleaningCancelled)
    expect(contents()).toEqual(before)
  }
  expect(files.list('/orders-0').filter((name) => name.includes('cleaned'))).toEqual([])
})

test('it pauses every so many bytes, whatever the batches', async () => {
  for (let i = 0; i < 100; i++) append([`k${i % 3}=${i}`])
  log.roll()
  let pauses = 0
  const pause = () => {
    pauses += 1
    return Promise.resolve()
  }
  const { stats } = await log.clean(mapOf(10), nowMs, { pause, pieceBytes: 500 })
  expect(pauses).toBeGreaterThan((stats.bytesMapped + stats.bytesRead) / 1_000)
})

test('a log with a rotten batch is not cleaned, and no worse than before', async () => {
  append(['a=1', 'b=1'])
  append(['a=2'])
  log.roll()
  const path = log.segments[0]?.path as string
  const file = files.open(path)
  file.write([Uint8Array.of(0xff)], 75)
  file.close()
  const before = files.readFile(path)
  await expect(log.clean(mapOf(10), nowMs)).rejects.toMatchObject({ code: 'CORRUPT_MESSAGE' })
  expect(files.readFile(path)).toEqual(before)
  expect(files.list('/orders-0').filter((name) => name.includes('cleaned'))).toEqual([])
})

test('what a full disk has left behind does not get into the next cleaning', async () => {
  const disk = new SimulatedDisk(2)
  log = new CompactedLog(disk.files(), '/orders-0')
  append(['a=1', 'b=1'])
  append(['a=2'])
  log.roll()
  disk.fail({ call: 'write', path: /cleaned$/, code: 'ENOSPC' })
  disk.fail({ call: 'remove', path: /cleaned$/, after: 4, times: 1 })
  await expect(log.clean(mapOf(10), nowMs)).rejects.toThrow()
  await log.clean(mapOf(10), nowMs)
  expect(contents()).toEqual(['1 b=1', '2 a=2'])
})
