import type { Files } from '../../../lib/files.ts'
import {
  batchEndOf,
  isControl,
  nextOffsetOf,
  producerEpochOf,
  producerIdOf,
  recordsCountOf,
} from '../../protocol/records/header.ts'
import { batchStarts } from '../../protocol/records/walk.ts'
import type { AbortedTransaction } from '../transaction-index.ts'
import { dataBatchOf, markerOf } from './batch-facts.ts'
import { type ChunkSource, chunksOf } from './chunks.ts'
import {
  type CleanedSegment,
  CleanedSegments,
  type CleanedSegmentsOptions,
} from './cleaned-segments.ts'
import type { CleanedTransactions } from './cleaned-transactions.ts'
import type { CleaningContext } from './context.ts'
import { judgeBatch, type LastRecord } from './keep.ts'
import { deleteHorizonOf, thinBatch } from './thin-batch.ts'

export type RewriteOptions = CleanedSegmentsOptions & {
  /** Where the last of the segments ends. */
  readonly nextBaseOffset: number
  /** Where the keys end that are in the map. */
  readonly endOffset: number
  readonly nowMs: number
  readonly deleteRetentionMs: number
  readonly lastRecords: ReadonlyMap<number, LastRecord>
  /** As left by the groups before. */
  readonly transactions: CleanedTransactions
}

/**
 * Writes what is to stay of neighbouring segments into new ones. Their last batch stays in any
 * case, if need be without records, so that the new ones end where the old ones did: a hole
 * between segments is the sign of a loss.
 */
export async function rewrite(
  segments: readonly (ChunkSource & { readonly baseOffset: number })[],
  options: RewriteOptions,
  files: Files,
  context: CleaningContext,
): Promise<{ readonly added: readonly CleanedSegment[]; discard(): void }> {
  const { buffer, pacer, stats, abortedIn, map, maxDecompressedBytes } = context
  const { transactions, endOffset, nowMs, deleteRetentionMs } = options
  const rules = { latest: map, endOffset, nowMs, deleteRetentionMs, maxDecompressedBytes }
  const last = segments.findLast(({ sizeBytes }) => sizeBytes > 0)
  const output = new CleanedSegments(files, options)
  try {
    for (const [index, segment] of segments.entries()) {
      const next = segments[index + 1]?.baseOffset ?? options.nextBaseOffset
      transactions.expect(abortedIn(segment.baseOffset, next))
      let left = segment.sizeBytes
      for await (const chunk of chunksOf(segment, { buffer })) {
        for (const start of batchStarts(chunk)) {
          const sizeBytes = batchEndOf(chunk, start) - start
          left -= sizeBytes
          await pass(chunk, start, segment === last && left === 0)
          if (output.unwrittenBytes > maxUnwrittenBytes) await output.write()
          if (pacer.worked(sizeBytes)) await pacer.rest()
        }
        await output.write() // before the buffer is used again
        stats.bytesRead += chunk.length
      }
    }
    pacer.check()
    return { added: await output.finish(), discard: () => output.discard() }
  } catch (error) {
    output.discard()
    throw error
  }

  async function pass(bytes: Uint8Array, start: number, isLastOfSegment: boolean): Promise<void> {
    const { mayGo, aborted } = meet(bytes, start)
    const facts = {
      producerId: producerIdOf(bytes, start),
      producerEpoch: producerEpochOf(bytes, start),
      lastOffset: nextOffsetOf(bytes, start) - 1,
      isControl: isControl(bytes, start),
      deleteHorizonMs: deleteHorizonOf(bytes, start),
      isLastOfSegment,
      mayGo,
    }
    const verdict = judgeBatch(facts, options.lastRecords, nowMs)
    const { batch, recordsKept } = thinBatch(bytes, start, verdict, rules)
    stats.recordsRead += recordsCountOf(bytes, start)
    stats.recordsKept += recordsKept
    if (batch === undefined) return
    stats.bytesWritten += batch.length
    await output.add(batch)
    if (aborted !== undefined) output.addAborted(aborted)
  }

  function meet(bytes: Uint8Array, start: number): Meeting {
    if (!isControl(bytes, start)) return { mayGo: transactions.meetData(dataBatchOf(bytes, start)) }
    const { isIdle, ...rest } = transactions.meetMarker(markerOf(bytes, start))
    return { mayGo: isIdle, ...rest }
  }
}

type Meeting = { readonly mayGo: boolean; readonly aborted?: AbortedTransaction }

/** Of batches that were built anew, which may be larger than what was read. */
const maxUnwrittenBytes = 2 * 1024 * 1024
