import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { runZlib } from './zlib.ts'

/** One zstd frame (RFC 8878) at level 3, the library's default and Kafka's. */
export function zstd(bytes: Uint8Array): Uint8Array {
  return zstdCompressSync(bytes)
}

/**
 * Reads one or more frames in a row. A frame may claim a window of up to 128 MB (the library's
 * limit, kept since level 22 of any client needs it); its pages are only touched as output fills
 * them, so the claim alone costs no memory.
 */
export function unzstd(bytes: Uint8Array, maxBytes: number): Uint8Array {
  return runZlib(zstdDecompressSync, bytes, maxBytes)
}
