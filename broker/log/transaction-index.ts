import { invariant } from '../../lib/invariant.ts'
import { readInt16, readInt32, writeInt16, writeInt64 } from '../protocol/records/bytes.ts'
import { CorruptFileError } from './corrupt-file-error.ts'

/**
 * A segment's `.txnindex`: an entry for each aborted transaction whose marker lies in the segment,
 * in the order of the markers. Its transactions may begin in earlier segments. There is no file
 * where there is no entry.
 */
export type AbortedTransaction = {
  readonly producerId: number
  readonly firstOffset: number
  /** Of the marker: inclusive. */
  readonly lastOffset: number
  /** Before which, after this marker, no transaction of the log is open. */
  readonly lastStableOffset: number
}

/** int16 version, int64 producer id, first, last and last stable offset. */
export const abortedTransactionSizeBytes = 34

export function encodeAbortedTransaction(transaction: AbortedTransaction): Uint8Array {
  const bytes = new Uint8Array(abortedTransactionSizeBytes)
  writeInt16(bytes, 0, version)
  writeInt64(bytes, at.producerId, transaction.producerId)
  writeInt64(bytes, at.firstOffset, transaction.firstOffset)
  writeInt64(bytes, at.lastOffset, transaction.lastOffset)
  writeInt64(bytes, at.lastStableOffset, transaction.lastStableOffset)
  return bytes
}

/**
 * Finds the aborted transactions that overlap `[fetchOffset, upperBoundOffset)`. A fetch begins in
 * the segment of its fetch offset and goes on to the next ones until the search is complete.
 *
 * @param index The whole file.
 * @returns `isComplete` once an entry tells that what was aborted later begins at or behind the
 *   upper bound: then no later segment need be searched.
 * @throws {CorruptFileError} if an entry of another version, or no entry, is met.
 */
export function searchAborted(
  index: Uint8Array,
  { fetchOffset, upperBoundOffset }: { fetchOffset: number; upperBoundOffset: number },
): { aborted: AbortedTransaction[]; isComplete: boolean } {
  const aborted: AbortedTransaction[] = []
  for (let start = 0; start < index.length; start += abortedTransactionSizeBytes) {
    const transaction = readEntry(index, start)
    if (transaction.lastOffset >= fetchOffset && transaction.firstOffset < upperBoundOffset) {
      aborted.push(transaction)
    }
    if (transaction.lastStableOffset >= upperBoundOffset) return { aborted, isComplete: true }
  }
  return { aborted, isComplete: false }
}

/**
 * Reads all entries and checks what Kafka checks when it opens an index, and that the markers are
 * in order. An index that fails is made again from its segment.
 *
 * @param baseOffset Of the segment.
 * @throws {CorruptFileError}
 */
export function decodeTransactionIndex(
  index: Uint8Array,
  { baseOffset }: { baseOffset: number },
): AbortedTransaction[] {
  const transactions: AbortedTransaction[] = []
  let minLastOffset = baseOffset
  for (let start = 0; start < index.length; start += abortedTransactionSizeBytes) {
    const transaction = readEntry(index, start)
    const { firstOffset, lastOffset } = transaction
    if (lastOffset < minLastOffset || firstOffset > lastOffset) {
      throw corrupt(`an entry of ${firstOffset} to ${lastOffset} cannot be at byte ${start}`)
    }
    transactions.push(transaction)
    minLastOffset = lastOffset + 1
  }
  return transactions
}

/**
 * @returns How many bytes of the index to keep when the log is cut off at `endOffset`: entries
 *   whose markers lie at or behind it go.
 * @throws {CorruptFileError}
 */
export function transactionIndexEnd(index: Uint8Array, endOffset: number): number {
  let start = 0
  while (start < index.length && readEntry(index, start).lastOffset < endOffset) {
    start += abortedTransactionSizeBytes
  }
  return start
}

const version = 0
const at = { producerId: 2, firstOffset: 10, lastOffset: 18, lastStableOffset: 26 } as const

function readEntry(index: Uint8Array, start: number): AbortedTransaction {
  invariant(start >= 0 && start < index.length, 'an entry begins within the index')
  if (index.length - start < abortedTransactionSizeBytes) {
    throw corrupt(`${index.length - start} bytes at the end are no entry`)
  }
  const found = readInt16(index, start)
  if (found !== version) {
    throw corrupt(`version ${found} at byte ${start} is not known, only ${version}`)
  }
  return {
    producerId: readNumber(index, start + at.producerId),
    firstOffset: readNumber(index, start + at.firstOffset),
    lastOffset: readNumber(index, start + at.lastOffset),
    lastStableOffset: readNumber(index, start + at.lastStableOffset),
  }
}

function readNumber(index: Uint8Array, position: number): number {
  const value = readInt32(index, position) * 2 ** 32 + (readInt32(index, position + 4) >>> 0)
  if (value >= 0 && Number.isSafeInteger(value)) return value
  throw corrupt(`the number at byte ${position} is not one from 0 to 2^53 - 1`)
}

function corrupt(message: string): CorruptFileError {
  return new CorruptFileError('txnindex', message)
}
