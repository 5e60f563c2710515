import { StorageError } from '../../lib/storage-error.ts'
import type { Part } from '../protocol/schema/fields.ts'
import type { BatchSource } from './batch-source.ts'
import type { PartitionLog } from './partition-log.ts'

/**
 * Whole batches from the one that holds `offset` on, up to the end of what is written, in memory of
 * their own: for who looks into them and takes its time.
 *
 * @param maxBytes The first batch comes even if it is larger.
 * @returns Empty at the end, or where all behind the offset was compacted away.
 * @throws {KafkaError} OFFSET_OUT_OF_RANGE. @throws {StorageError} The disk cannot be read.
 */
export async function copyBatches(
  log: PartitionLog,
  offset: number,
  maxBytes: number,
): Promise<Uint8Array> {
  for (;;) {
    try {
      const { parts, sizeBytes } = log.read(offset, { maxBytes })
      return await copyOf(parts, sizeBytes)
    } catch (error) {
      const isGone = error instanceof StorageError && error.problem === 'Closed' && !log.isClosed
      if (!isGone) throw error // else others have its place, after a cleaning or a cut
    }
  }
}

async function copyOf(parts: readonly Part[], sizeBytes: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(sizeBytes)
  const pending: Promise<void>[] = []
  let to = 0
  // All of it begins in this turn, in which the parts are there for sure.
  for (const part of parts) {
    const into = bytes.subarray(to, to + part.byteLength)
    if (part instanceof Uint8Array) into.set(part)
    else pending.push(readInto(into, part.file as BatchSource, part.position))
    to += part.byteLength
  }
  await Promise.all(pending)
  return bytes
}

async function readInto(into: Uint8Array, file: BatchSource, position: number): Promise<void> {
  file.hold()
  try {
    for (let done = 0; done < into.byteLength; ) {
      const count = await file.readLater(into.subarray(done), position + done)
      if (count === 0) throw new StorageError('DiskFailed', 'a segment is shorter than it was')
      done += count
    }
  } finally {
    file.release()
  }
}
