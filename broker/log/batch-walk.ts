import type { OpenFile } from '../../lib/files.ts'
import { batchEndOf, batchLengthOf } from '../protocol/records/header.ts'
import { headerSizeBytes, logOverheadBytes } from '../protocol/records/layout.ts'

/** What a walk shows of a batch: its header, or all of it, at `start` in `bytes`. */
export type BatchVisit = (bytes: Uint8Array, start: number, position: number) => boolean

/**
 * Goes over the headers of batches in a file from `from` to `to`, a few kilobytes at a time, until
 * `visit` returns false. The bytes are good for that one visit.
 *
 * @returns Where it stopped: at the batch for which `visit` returned false, else at the first that
 *   is not there whole.
 */
export function walkHeaders(
  file: OpenFile,
  { from, to }: { from: number; to: number },
  visit: BatchVisit,
): number {
  return walk(file, { from, to, whole: false, chunkBytes: 8 * 1024 }, visit)
}

/** Goes over whole batches in the same way, a megabyte at a time. */
export function walkBatches(
  file: OpenFile,
  { from, to }: { from: number; to: number },
  visit: BatchVisit,
): number {
  return walk(file, { from, to, whole: true, chunkBytes: 1024 * 1024 }, visit)
}

type Walk = { from: number; to: number; whole: boolean; chunkBytes: number }

function walk(file: OpenFile, { from, to, whole, chunkBytes }: Walk, visit: BatchVisit): number {
  let chunk = new Uint8Array(Math.min(chunkBytes, Math.max(0, to - from)))
  let chunkStart = from
  let chunkEnd = from
  let position = from
  while (to - position >= headerSizeBytes) {
    if (!load(headerSizeBytes)) break
    const length = batchLengthOf(chunk, position - chunkStart)
    const end = position + logOverheadBytes + length
    // A length that no batch has, or that reaches beyond the file, ends the walk.
    if (length < headerSizeBytes - logOverheadBytes || end > to) break
    if (whole && !load(end - position)) break
    if (!visit(chunk, position - chunkStart, position)) break
    position += batchEndOf(chunk, position - chunkStart) - (position - chunkStart)
  }
  return position

  /** Has `count` bytes from `position` on in the chunk. */
  function load(count: number): boolean {
    if (position >= chunkStart && position + count <= chunkEnd) return true
    if (count > chunk.length) chunk = new Uint8Array(count) // no more than the file has
    const wanted = chunk.subarray(0, Math.min(chunk.length, to - position))
    chunkStart = position
    chunkEnd = position + file.read(wanted, position)
    return position + count <= chunkEnd
  }
}
