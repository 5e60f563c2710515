import { randomFillSync } from 'node:crypto'
import { buildBatch } from '../../broker/protocol/records/build.ts'

/**
 * Batches of one record as a producer sends them, no two the same, in slabs of 1 MB as a broker
 * receives into. Built once: appending one changes its first bytes, which `resetBatches` undoes.
 *
 * @param sizeBytes Of a batch, about: the header and the record's own come to it.
 * @param producerId An idempotent producer, which numbers what it sends.
 */
export function makeBatches({
  sizeBytes,
  totalBytes,
  producerId = -1,
}: {
  sizeBytes: number
  totalBytes: number
  producerId?: number
}): Uint8Array[] {
  const batches: Uint8Array[] = []
  const valueBytes = sizeBytes - 80
  let slab = new Uint8Array(0)
  let used = 0
  const isIdempotent = producerId >= 0
  for (let left = totalBytes; left >= sizeBytes; left -= sizeBytes) {
    const producer = isIdempotent
      ? { producerId, producerEpoch: 0, baseSequence: batches.length }
      : {}
    const value = randomFillSync(new Uint8Array(valueBytes))
    const built = buildBatch({ records: [{ timestamp: 1_000, key: null, value }], ...producer })
    if (slab.length - used < built.length) {
      slab = new Uint8Array(slabBytes)
      used = 0
    }
    slab.set(built, used)
    batches.push(slab.subarray(used, used + built.length))
    used += built.length
  }
  return batches
}

/** Makes batches look again as their producer sent them: at base offset 0. */
export function resetBatches(batches: readonly Uint8Array[]): void {
  for (const batch of batches) batch.fill(0, 0, 8)
}

/** So many at a time, as they come in one turn of the event loop. */
export function grouped(batches: readonly Uint8Array[], size: number): Uint8Array[][] {
  const groups: Uint8Array[][] = []
  for (let at = 0; at < batches.length; at += size) groups.push(batches.slice(at, at + size))
  return groups
}

const slabBytes = 1024 * 1024
