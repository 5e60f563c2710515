import { baseOffsetOf, isControl, recordsCountOf } from '../../protocol/records/header.ts'
import { RecordCursor } from '../../protocol/records/record-cursor.ts'
import { validateBatch } from '../../protocol/records/validate.ts'
import { batchStarts } from '../../protocol/records/walk.ts'
import { dataBatchOf, markerOf } from './batch-facts.ts'
import { type ChunkSource, chunksOf } from './chunks.ts'
import { CleanedTransactions } from './cleaned-transactions.ts'
import type { CleaningContext } from './context.ts'

/** A segment that may be read from the batch on that holds an offset. */
export type DirtySegment = ChunkSource & {
  readonly baseOffset: number
  find(offset: number): { readonly position: number } | undefined
}

/**
 * Puts the keys of a dirty range into the map until the map is full, which may be within a segment.
 * What was aborted does not count: it would hide what was committed before.
 *
 * @returns Where the keys end that were put.
 */
export async function buildMap(
  segments: readonly DirtySegment[],
  { firstDirtyOffset, endOffset }: { firstDirtyOffset: number; endOffset: number },
  { map, buffer, pacer, stats, abortedIn, maxDecompressedBytes }: CleaningContext,
): Promise<number> {
  map.clear()
  const transactions = new CleanedTransactions()
  for (const [index, segment] of segments.entries()) {
    const next = segments[index + 1]?.baseOffset ?? endOffset
    transactions.expect(abortedIn(Math.max(firstDirtyOffset, segment.baseOffset), next))
    const from = startIn(segment, firstDirtyOffset)
    for await (const chunk of chunksOf(segment, { buffer, from })) {
      for (const start of batchStarts(chunk)) {
        const budget = { remainingBytes: maxDecompressedBytes }
        const fullAt = putKeys(chunk, start, budget)
        if (fullAt !== undefined) return stopAt(chunk, start, fullAt)
        if (pacer.worked(maxDecompressedBytes - budget.remainingBytes)) await pacer.rest()
      }
      stats.bytesMapped += chunk.length
      if (pacer.worked(chunk.length)) await pacer.rest()
    }
  }
  return endOffset

  /** @returns The offset for which there was no room. */
  function putKeys(bytes: Uint8Array, start: number, budget: { remainingBytes: number }) {
    validateBatch(bytes, start) // a key that has rotted would be another key
    if (isControl(bytes, start)) {
      transactions.meetMarker(markerOf(bytes, start))
      return undefined
    }
    if (transactions.meetData(dataBatchOf(bytes, start))) return undefined
    if (recordsCountOf(bytes, start) === 0) return undefined
    const records = new RecordCursor(bytes, start, budget)
    while (records.next()) {
      const { offset } = records
      if (offset < firstDirtyOffset || !records.hasKey) continue
      if (!map.put(records.key() as Uint8Array, offset)) return offset
    }
    return undefined
  }

  /**
   * In front of the batch, of which a part in the map does no harm: those records are committed.
   * In the middle of it only if nothing would be cleaned otherwise.
   */
  function stopAt(bytes: Uint8Array, start: number, fullAt: number): number {
    const baseOffset = baseOffsetOf(bytes, start)
    return baseOffset > firstDirtyOffset ? baseOffset : fullAt
  }
}

function startIn(segment: DirtySegment, firstDirtyOffset: number): number {
  if (segment.baseOffset >= firstDirtyOffset) return 0
  return segment.find(firstDirtyOffset)?.position ?? segment.sizeBytes
}
