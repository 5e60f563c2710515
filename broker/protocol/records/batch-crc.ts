import { crc32c } from '../../../lib/crc32c.ts'
import { viewOf, writeInt32 } from './bytes.ts'
import { batchEndOf } from './header.ts'
import { at } from './layout.ts'

/** CRC32C of a whole batch from its attributes to its end, which is what its CRC field holds. */
export function computeCrc(bytes: Uint8Array, start: number): number {
  return crc32c(viewOf(bytes, start + at.attributes, batchEndOf(bytes, start)))
}

export function writeCrc(bytes: Uint8Array, start: number): void {
  writeInt32(bytes, start + at.crc, computeCrc(bytes, start) | 0)
}
