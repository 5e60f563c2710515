import { describe, expect, test } from 'vitest'
import {
  type AbortedTransaction,
  abortedTransactionSizeBytes,
  decodeTransactionIndex,
  encodeAbortedTransaction,
  searchAborted,
  transactionIndexEnd,
} from '../../../broker/log/transaction-index.ts'
import { fromBase64, kafkaFiles, toBase64 } from './kafka-files.ts'
import { corruptionOf } from './small-file-support.ts'

function aborted(
  firstOffset: number,
  lastOffset: number,
  lastStableOffset = lastOffset + 1,
): AbortedTransaction {
  return { producerId: 1, firstOffset, lastOffset, lastStableOffset }
}

function indexOf(...transactions: AbortedTransaction[]): Uint8Array {
  return Buffer.concat(transactions.map(encodeAbortedTransaction))
}

describe.each(kafkaFiles.transactionIndexes)("Kafka's own of $entries.length entries", (java) => {
  const index = fromBase64(java.base64)
  const transactions = java.entries.map(
    ([producerId, firstOffset, lastOffset, lastStableOffset]) => ({
      producerId,
      firstOffset,
      lastOffset,
      lastStableOffset,
    }),
  )

  test('is read, and is the same file when we write it', () => {
    expect(decodeTransactionIndex(index, { baseOffset: 1_000 })).toEqual(transactions)
    expect(toBase64(indexOf(...transactions))).toBe(java.base64)
  })

  test('is searched as Kafka searches it', () => {
    for (const [fetchOffset, upperBoundOffset, lastOffsets, isComplete] of java.searches) {
      const found = searchAborted(index, { fetchOffset, upperBoundOffset })
      expect(found.aborted.map(({ lastOffset }) => lastOffset)).toEqual(lastOffsets)
      expect(found.isComplete).toBe(isComplete)
    }
  })

  test('is cut off where Kafka cuts it off', () => {
    const end = transactionIndexEnd(index, java.truncateTo)
    expect(toBase64(index.subarray(0, end))).toBe(java.truncated)
  })
})

test('a transaction overlaps a fetch that begins at its marker or ends behind its first record', () => {
  const index = indexOf(aborted(10, 20))
  const find = (fetchOffset: number, upperBoundOffset: number) =>
    searchAborted(index, { fetchOffset, upperBoundOffset }).aborted.length
  expect(find(20, 30)).toBe(1)
  expect(find(21, 30)).toBe(0)
  expect(find(0, 11)).toBe(1)
  expect(find(0, 10)).toBe(0)
})

test('the search stops at an entry whose last stable offset is the upper bound or behind it', () => {
  const index = indexOf(aborted(10, 20, 15), aborted(15, 30, 31), aborted(31, 40))
  expect(searchAborted(index, { fetchOffset: 0, upperBoundOffset: 16 })).toEqual({
    aborted: [aborted(10, 20, 15), aborted(15, 30, 31)],
    isComplete: true,
  })
  expect(searchAborted(index, { fetchOffset: 0, upperBoundOffset: 50 })).toMatchObject({
    isComplete: false,
  })
})

test.each([
  ['of another version', Object.assign(indexOf(aborted(1, 2)), { 1: 1 })],
  ['with a negative offset', Object.assign(indexOf(aborted(1, 2)), { 10: 0x80 })],
  ['with an offset beyond 2^53', Object.assign(indexOf(aborted(1, 2)), { 11: 0x20 })],
  ['that ends within an entry', indexOf(aborted(1, 2), aborted(3, 4)).subarray(0, -1)],
  ['whose markers are not in order', indexOf(aborted(1, 9), aborted(3, 8))],
  ['with a marker twice', indexOf(aborted(1, 9), aborted(3, 9))],
  ['with a marker before its records', indexOf(aborted(9, 8))],
  ['with a marker before the segment', indexOf(aborted(0, 0))],
])('an index %s is corrupt', (_, index) => {
  const error = corruptionOf(() => decodeTransactionIndex(index, { baseOffset: 1 }))
  expect(error?.file).toBe('txnindex')
})

test('an entry takes 34 bytes', () => {
  expect(indexOf(aborted(1, 2)).length).toBe(34)
  expect(abortedTransactionSizeBytes).toBe(34)
})
