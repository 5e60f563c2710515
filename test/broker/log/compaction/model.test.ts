import { expect, test } from 'vitest'
import { buildBatch } from '../../../../broker/protocol/records/build.ts'
import { buildEndTransactionMarker } from '../../../../broker/protocol/records/control.ts'
import {
  baseOffsetOf,
  isControl,
  nextOffsetOf,
  producerIdOf,
} from '../../../../broker/protocol/records/header.ts'
import { compressionTypes } from '../../../../broker/protocol/records/layout.ts'
import { placeBatch } from '../../../../broker/protocol/records/patch.ts'
import type { LogRecord } from '../../../../broker/protocol/records/record.ts'
import { SimulatedDisk } from '../../../sim/disk/simulated-disk.ts'
import { seeded } from '../../../support/mutate.ts'
import { CompactedLog, mapOf, recordsOf, retentionMs, text } from './support.ts'

test.each(Array.from({ length: 60 }, (_, seed) => seed + 1))(
  'after any appends and cleanings a log has what it must have, and no more: seed %i',
  async (seed) => {
    await compare(new CompactedLog(new SimulatedDisk(seed).files(), '/orders-0'), seed)
  },
)

type Transaction = { producerId: number; offsets: number[]; marker?: Marker; goneAt?: number }
type Marker = { offset: number; type: 'commit' | 'abort' }

/** All that was ever appended. */
type Model = {
  records: Map<number, LogRecord>
  /** Offsets of records that are aborted, or not decided yet. */
  notCommitted: Set<number>
  transactions: Transaction[]
  /** When a cleaning first had an offset in its range. */
  cleanedAt: Map<number, number>
  lastBatchOf: Map<number, number>
}

async function compare(log: CompactedLog, seed: number) {
  const random = seeded(seed * 7_919)
  const model: Model = {
    records: new Map(),
    notCommitted: new Set(),
    transactions: [],
    cleanedAt: new Map(),
    lastBatchOf: new Map(),
  }
  let nowMs = 1_000_000
  const open = new Map<number, Transaction>()
  const sequences = new Map<number, number>()
  for (let step = 0; step < 150; step++) {
    nowMs += random(5_000)
    switch (random(14)) {
      case 0:
        log.roll()
        break
      case 1:
        nowMs += random(2) === 0 ? retentionMs : Math.floor(retentionMs / 3)
        break
      case 2:
      case 3: {
        await cleanAndNote(log, model, nowMs, random)
        check(log, model, nowMs)
        break
      }
      case 4:
      case 5: {
        const [transaction] = open.values()
        if (transaction !== undefined) end(transaction, random(2) === 0 ? 'commit' : 'abort')
        break
      }
      default:
        append(random(3) === 0 ? 1 + random(3) : -1, random(2) === 0)
    }
  }
  for (const transaction of open.values()) end(transaction, 'abort')
  log.roll()
  // With time enough between them, two cleanings more leave one record a key, and no tombstone.
  for (let round = 0; round < 3; round++) {
    await log.cleanAll(mapOf(100), nowMs)
    noteCleaned(log, model, nowMs)
    check(log, model, nowMs)
    nowMs += retentionMs
  }
  const latest = latestOf(model, log.cleanedEndOffset ?? 0)
  const left = log.records().filter(({ batch }) => !isControl(batch, 0))
  const values = [...latest.values()].filter(({ value }) => value !== null)
  expect(left.map(({ offset }) => offset)).toEqual(values.map(({ offset }) => offset).sort(rising))

  function append(producerId: number, isTransactional: boolean) {
    const transactional = producerId > 0 && (isTransactional || open.has(producerId))
    const count = 1 + random(5)
    const records = Array.from({ length: count }, (_, index) => recordAt(index))
    const baseSequence = sequences.get(producerId) ?? 0
    const baseOffset = log.endOffset
    const batch = buildBatch({
      records,
      baseOffset,
      compression: compressionTypes[random(5)] ?? 'none',
      partitionLeaderEpoch: 2,
      ...(random(4) === 0 && { logAppendTimeMs: nowMs }),
      ...(producerId > 0 && { producerId, producerEpoch: 0, baseSequence }),
      isTransactional: transactional,
    })
    if (producerId > 0) {
      sequences.set(producerId, baseSequence + count)
      model.lastBatchOf.set(producerId, baseOffset + count - 1)
    }
    log.append(batch)
    for (const record of recordsOf(batch)) {
      model.records.set(record.offset, record)
      if (!transactional) continue
      const transaction = open.get(producerId) ?? { producerId, offsets: [] }
      if (!open.has(producerId)) model.transactions.push(transaction)
      open.set(producerId, transaction)
      transaction.offsets.push(record.offset)
      model.notCommitted.add(record.offset)
    }
  }

  function recordAt(index: number) {
    const key = random(30) === 0 ? null : Buffer.from(`key-${random(12)}`)
    const value =
      random(4) === 0 ? null : Buffer.from(`${log.endOffset + index}`.padEnd(random(60)))
    const headers = [
      { key: Buffer.from('h'), value: random(2) === 0 ? null : Buffer.from(`${index}`) },
    ]
    return { timestamp: nowMs + random(50), key, value, headers: random(3) === 0 ? headers : [] }
  }

  function end(transaction: Transaction, type: 'commit' | 'abort') {
    const { producerId } = transaction
    const timestamp = nowMs
    const marker = { type, coordinatorEpoch: 1, producerId, producerEpoch: 0, timestamp }
    const batch = buildEndTransactionMarker(marker)
    placeBatch(batch, 0, { baseOffset: log.endOffset, partitionLeaderEpoch: 2 })
    transaction.marker = { offset: log.endOffset, type }
    open.delete(producerId)
    if (type === 'commit')
      for (const offset of transaction.offsets) model.notCommitted.delete(offset)
    log.append(batch)
  }
}

async function cleanAndNote(
  log: CompactedLog,
  model: Model,
  nowMs: number,
  random: (below: number) => number,
) {
  if (random(3) === 0) await log.clean(mapOf(1 + random(4)), nowMs)
  else await log.cleanAll(mapOf(1 + random(40)), nowMs)
  noteCleaned(log, model, nowMs)
}

function noteCleaned(log: CompactedLog, { cleanedAt }: Model, nowMs: number) {
  for (let offset = 0; offset < (log.cleanedEndOffset ?? 0); offset++) {
    if (!cleanedAt.has(offset)) cleanedAt.set(offset, nowMs)
  }
}

const rising = (a: number, b: number) => a - b

/** The latest record of each key below an offset, by key. */
function latestOf(model: Model, endOffset: number): Map<string, LogRecord> {
  const latest = new Map<string, LogRecord>()
  for (const record of model.records.values()) {
    if (record.offset >= endOffset || record.key === null) continue
    if (!model.notCommitted.has(record.offset)) latest.set(text(record.key) ?? '', record)
  }
  return latest
}

function check(log: CompactedLog, model: Model, nowMs: number) {
  const cleanedEnd = log.cleanedEndOffset ?? 0
  const batches = [...log.batches()]
  const records = log.records()
  const data = records.filter(({ batch }) => !isControl(batch, 0))
  const there = new Set(records.map(({ offset }) => offset))

  // Order, offsets and contents are what they were.
  expect(records.map(({ offset }) => offset)).toEqual([...there].sort(rising))
  for (const { batch: _, ...record } of data)
    expect(record).toEqual(model.records.get(record.offset))

  // The latest of each key is there, but for tombstones whose time is up; nothing older is.
  for (const { offset, value } of latestOf(model, log.endOffset).values()) {
    if (there.has(offset)) continue
    expect(value).toBeNull()
    expect((model.cleanedAt.get(offset) ?? Infinity) + retentionMs).toBeLessThanOrEqual(nowMs)
  }
  const latest = latestOf(model, cleanedEnd)
  for (const { offset, key } of data) {
    if (offset >= cleanedEnd) continue
    expect(key).not.toBeNull()
    expect(latest.get(text(key) ?? '')?.offset).toBe(offset)
  }
  // What is not cleaned yet is all there, but for data that was aborted.
  for (const { offset } of model.records.values()) {
    if (offset >= cleanedEnd && !model.notCommitted.has(offset)) expect(there).toContain(offset)
  }

  for (const transaction of model.transactions) checkTransaction(transaction)
  for (const [producerId, lastOffset] of model.lastBatchOf) {
    const own = batches.filter(({ bytes }) => producerIdOf(bytes, 0) === producerId)
    expect(own.some(({ bytes }) => nextOffsetOf(bytes, 0) - 1 === lastOffset)).toBe(true)
  }
  checkSegments(log)

  /** A marker is there while a batch of its transaction is, and for the retention after that. */
  function checkTransaction(transaction: Transaction) {
    const { producerId, offsets, marker } = transaction
    if (marker === undefined) {
      for (const offset of offsets) expect(there).toContain(offset)
      return
    }
    const [first = 0] = offsets
    const own = batches.filter(
      ({ bytes }) =>
        producerIdOf(bytes, 0) === producerId &&
        !isControl(bytes, 0) &&
        nextOffsetOf(bytes, 0) > first &&
        baseOffsetOf(bytes, 0) < marker.offset,
    )
    if (own.length === 0) transaction.goneAt ??= nowMs
    if (!there.has(marker.offset)) {
      expect((transaction.goneAt ?? Infinity) + retentionMs).toBeLessThanOrEqual(nowMs)
    }
    if (marker.type === 'abort' && offsets.some((offset) => there.has(offset))) {
      const known = log.abortedIn(first, marker.offset).filter((t) => t.producerId === producerId)
      expect(known.some(({ lastOffset }) => lastOffset === marker.offset)).toBe(true)
    }
  }
}

/** No hole between segments; none is too large; each offset is found through the index. */
function checkSegments(log: CompactedLog) {
  const ends = new Map<number, number>()
  for (const { bytes, segment } of log.batches()) {
    ends.set(segment.baseOffset, nextOffsetOf(bytes, 0))
    const [base, end] = [baseOffsetOf(bytes, 0), nextOffsetOf(bytes, 0)]
    expect(segment.find(end - 1)).toMatchObject({ baseOffset: base, nextOffset: end })
  }
  for (const [index, segment] of log.segments.entries()) {
    expect(segment.sizeBytes).toBeLessThanOrEqual(log.config.segmentBytes)
    const next = log.segments[index + 1]
    if (next !== undefined) expect(ends.get(segment.baseOffset)).toBe(next.baseOffset)
  }
}
