import { crc32c as castagnoli } from '@node-rs/crc32'

/**
 * CRC32C (Castagnoli) of `bytes`, as Kafka puts it into record batches.
 *
 * @param previous CRC32C of what came before, to continue it: `crc32c(b, crc32c(a))` is that of
 *   a and b in a row.
 * @returns An unsigned 32-bit integer.
 */
export function crc32c(bytes: Uint8Array, previous = 0): number {
  return castagnoli(bytes, previous)
}
