import {
  isControl,
  maxTimestampOf,
  nextOffsetOf,
  producerIdOf,
} from '../protocol/records/header.ts'
import { CorruptFileError } from './corrupt-file-error.ts'
import { isGoodBatch } from './good-batch.ts'
import type { IndexedBatch } from './offset-index.ts'
import type { Segment } from './segment.ts'
import { type AbortedTransaction, decodeTransactionIndex } from './transaction-index.ts'

/**
 * Whether the last segment of a log that was not closed in order is as a flush up to `endOffset`
 * left it: nothing lies behind in the batches, and nothing in the indexes. Then all of it can be
 * believed, since the flush has covered it.
 *
 * Of each index the last entry is enough. What the flush did not cover lies behind the rest, and is
 * of batches behind `endOffset`, or torn; but for one entry that closing the segment adds, of the
 * batch with the largest time. Either way the last entry is at odds with the batches, or right.
 * Reads about as much as lies between two entries, however large the segment is.
 */
export function isAsFlushed(segment: Segment, endOffset: number): boolean {
  if (segment.sizeBytes === 0 || segment.baseOffset >= endOffset) return false
  const last = segment.indexes.lastEntries()
  if (last === undefined) return false
  const { indexed, time, aborted } = last
  const isIndexed = indexed !== undefined && time !== undefined
  if (!isIndexed && segment.sizeBytes > mostUnindexedBytes) return false
  return (
    endsAt(segment, endOffset, indexed) &&
    (time === undefined || isRightTime(segment, time)) &&
    (aborted === undefined || isRightAborted(segment, aborted))
  )
}

/** A segment without its index files is searched from its beginning on. */
const mostUnindexedBytes = 64 * 1024

/** Whether good batches follow each other from the last one that is indexed on to that offset. */
function endsAt(segment: Segment, endOffset: number, indexed: IndexedBatch | undefined): boolean {
  const from = indexed?.position ?? 0
  if (from >= segment.sizeBytes) return false
  if (indexed !== undefined && from <= 0) return false // zeros: the first batch is in no index
  let end = segment.baseOffset
  let isIndexed = indexed !== undefined
  const stop = segment.batches.scan((bytes, start) => {
    if (!isGoodBatch(bytes, start, end)) return false
    end = nextOffsetOf(bytes, start)
    if (isIndexed && end - 1 !== indexed?.offset) return false
    isIndexed = false // those behind it are not
    return true
  }, from)
  return stop === segment.sizeBytes && end === endOffset
}

function isRightTime(
  segment: Segment,
  { timestamp, offset }: { timestamp: number; offset: number },
): boolean {
  return holds(segment, offset, (bytes, start) => maxTimestampOf(bytes, start) === timestamp)
}

function isRightAborted(segment: Segment, bytes: Uint8Array): boolean {
  const last = decodeAborted(segment, bytes)
  if (last === undefined) return false
  return holds(segment, last.lastOffset, (bytes, start) => {
    return isControl(bytes, start) && producerIdOf(bytes, start) === last.producerId
  })
}

function decodeAborted(segment: Segment, bytes: Uint8Array): AbortedTransaction | undefined {
  try {
    return decodeTransactionIndex(bytes, segment)[0]
  } catch (error) {
    if (error instanceof CorruptFileError) return undefined
    throw error
  }
}

/** Whether there is a batch with that last offset for which `check` holds. */
function holds(
  segment: Segment,
  lastOffset: number,
  check: (bytes: Uint8Array, start: number) => boolean,
): boolean {
  const place = segment.find(lastOffset)
  if (place === undefined || place.nextOffset !== lastOffset + 1) return false
  let isRight = false
  segment.batches.walk(place.position, (bytes, start) => {
    isRight = check(bytes, start)
    return false
  })
  return isRight
}
