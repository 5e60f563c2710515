import type { Part } from '../protocol/schema/fields.ts'
import type { Segments } from './segments.ts'
import type { AbortedTransaction } from './transaction-index.ts'

/**
 * Whole batches of one segment, from the one that holds `offset` on, as a range of its file.
 *
 * @param maxBytes The first batch comes even if it is larger.
 * @param endOffset Batches that end behind it are left out.
 */
export function readSegments(
  segments: Segments,
  offset: number,
  { maxBytes, endOffset }: { maxBytes: number; endOffset: number },
): Part[] {
  for (const segment of segments.from(offset)) {
    const place = segment.find(offset)
    if (place === undefined) continue // compacted away to its end
    if (place.nextOffset > endOffset) break
    // What ends behind the limit begins before it, or at it in the next segment.
    const limit = segment.find(endOffset)?.position ?? segment.sizeBytes
    return [segment.slice(place.position, { maxBytes, first: place.endPosition, limit })]
  }
  return []
}

/** The aborted transactions that overlap a range, whose markers may lie in several segments. */
export function findAborted(
  segments: Segments,
  range: { fetchOffset: number; upperBoundOffset: number },
): AbortedTransaction[] {
  const found: AbortedTransaction[] = []
  for (const segment of segments.from(range.fetchOffset)) {
    const { aborted, isComplete } = segment.indexes.findAborted(range)
    found.push(...aborted)
    if (isComplete) break
  }
  return found
}
