import { expect, test } from 'vitest'
import { Tail } from '../../../broker/log/tail.ts'
import { writeInt32 } from '../../../broker/protocol/records/bytes.ts'
import { at, logOverheadBytes } from '../../../broker/protocol/records/layout.ts'
import { placeBatch } from '../../../broker/protocol/records/patch.ts'

const all = { maxBytes: 1_000_000, endOffset: Number.POSITIVE_INFINITY }
const log = { name: 'a' }
const other = { name: 'b' }

/** What looks like a batch of one record, in a buffer of its own. */
function batchOf(sizeBytes: number, filling = 1) {
  const batch = new Uint8Array(sizeBytes).fill(filling)
  writeInt32(batch, at.batchLength, sizeBytes - logOverheadBytes)
  writeInt32(batch, at.lastOffsetDelta, 0)
  return batch
}

function addAll(tail: Tail, owner: object, from: number, batches: Uint8Array[]) {
  batches.forEach((batch, index) => {
    const baseOffset = from + index
    placeBatch(batch, 0, { baseOffset, partitionLeaderEpoch: 1 })
    tail.add(owner, { baseOffset, nextOffset: baseOffset + 1 }, batch)
  })
}

test('what was added is served from the very buffers it came in', () => {
  const tail = new Tail({ maxBytes: 10_000 })
  const batches = [batchOf(100, 1), batchOf(100, 2)]
  addAll(tail, log, 5, batches)
  const parts = tail.read(log, 5, all)
  expect(parts).toHaveLength(2)
  expect(parts?.[0]).toBe(batches[0])
  expect(tail.read(log, 6, all)).toEqual([batches[1]])
})

test('an offset before what is in memory is for the disk, one at the end has nothing yet', () => {
  const tail = new Tail({ maxBytes: 10_000 })
  addAll(tail, log, 5, [batchOf(100)])
  expect(tail.read(log, 4, all)).toBeUndefined()
  expect(tail.read(other, 4, all)).toBeUndefined()
  expect(tail.read(log, 6, all)).toEqual([])
})

test('the first batch comes even if it is larger than asked for, and none beyond the end', () => {
  const tail = new Tail({ maxBytes: 10_000 })
  addAll(tail, log, 0, [batchOf(500), batchOf(100), batchOf(100)])
  expect(tail.read(log, 0, { ...all, maxBytes: 10 })).toHaveLength(1)
  expect(tail.read(log, 0, { ...all, maxBytes: 600 })).toHaveLength(2)
  expect(tail.read(log, 0, { ...all, endOffset: 2 })).toHaveLength(2)
})

test('one budget for all logs: what was added first goes first', () => {
  const tail = new Tail({ maxBytes: 1_000 })
  addAll(tail, log, 0, [batchOf(400), batchOf(400)])
  addAll(tail, other, 0, [batchOf(400)])
  expect(tail.usedBytes).toBe(800)
  expect(tail.read(log, 0, all)).toBeUndefined()
  expect(tail.read(log, 1, all)).toHaveLength(1)
  expect(tail.read(other, 0, all)).toHaveLength(1)
})

test('a view counts with the whole buffer that it keeps alive, and buffers count once', () => {
  const tail = new Tail({ maxBytes: 10_000 })
  const received = new Uint8Array(4_000)
  received.set(batchOf(1_000), 0)
  received.set(batchOf(1_000), 1_000)
  addAll(tail, log, 0, [received.subarray(0, 1_000), received.subarray(1_000, 2_000)])
  expect(tail.usedBytes).toBe(4_000)
})

test('a small part of a large buffer is copied, so that it does not keep the buffer alive', () => {
  const tail = new Tail({ maxBytes: 10_000_000 })
  const received = new Uint8Array(1_000_000)
  received.set(batchOf(100, 7), 10)
  addAll(tail, log, 0, [received.subarray(10, 110)])
  const wanted = received.slice(10, 110)
  expect(tail.usedBytes).toBeLessThan(100_000)
  received.fill(0)
  expect(tail.read(log, 0, all)).toEqual([wanted])
})

test('small batches that follow each other are cut apart where a reader begins and ends', () => {
  const tail = new Tail({ maxBytes: 10_000_000 })
  const received = new Uint8Array(1_000_000)
  const batches = Array.from({ length: 400 }, (_, index) => {
    received.set(batchOf(100 + (index % 7), index % 250), index * 200)
    return received.subarray(index * 200, index * 200 + 100 + (index % 7))
  })
  addAll(tail, log, 0, batches)
  for (const [offset, endOffset, maxBytes] of [
    [0, 400, 1_000_000],
    [7, 13, 1_000_000],
    [7, 400, 350],
    [7, 400, 1],
    [150, 151, 1_000_000],
    [399, 400, 1_000_000],
  ] as const) {
    const wanted: Uint8Array[] = []
    let bytes = 0
    for (const batch of batches.slice(offset, endOffset)) {
      bytes += batch.byteLength
      if (wanted.length > 0 && bytes > maxBytes) break
      wanted.push(batch)
    }
    const read = Buffer.concat(
      (tail.read(log, offset, { endOffset, maxBytes }) ?? []) as Uint8Array[],
    )
    expect(read.equals(Buffer.concat(wanted)), `${offset} to ${endOffset}`).toBe(true)
  }
  expect(tail.read(log, 400, all)).toEqual([])
  expect(tail.read(log, 0, all)?.length).toBeLessThan(10)
})

test('a log that jumps or is dropped begins anew', () => {
  const tail = new Tail({ maxBytes: 10_000 })
  addAll(tail, log, 0, [batchOf(100), batchOf(100)])
  addAll(tail, log, 50, [batchOf(100)])
  expect(tail.read(log, 1, all)).toBeUndefined()
  expect(tail.read(log, 50, all)).toHaveLength(1)
  tail.drop(log)
  expect(tail.read(log, 50, all)).toBeUndefined()
  expect(tail.usedBytes).toBe(0)
})

test('memory stays within the budget whatever is added and dropped', () => {
  const tail = new Tail({ maxBytes: 50_000 })
  const owners = [{}, {}, {}]
  for (let turn = 0; turn < 20_000; turn++) {
    const owner = owners[turn % 3] as object
    if (turn % 997 === 0) tail.drop(owner)
    tail.add(owner, { baseOffset: turn, nextOffset: turn + 3 }, batchOf(100 + (turn % 900)))
    expect(tail.usedBytes).toBeLessThanOrEqual(50_000)
  }
  for (const owner of owners) tail.drop(owner)
  expect(tail.usedBytes).toBe(0)
})
