import type { ZlibOptions, ZstdOptions } from 'node:zlib'
import { DecompressionError } from './decompression-error.ts'

/**
 * Runs a synchronous decompressor of node:zlib within `maxBytes` of output.
 *
 * @throws {DecompressionError}
 */
export function runZlib(
  decompressSync: (bytes: Uint8Array, options: ZlibOptions & ZstdOptions) => unknown,
  bytes: Uint8Array,
  maxBytes: number,
): Uint8Array {
  const { buffer, engine } = run()
  if (buffer.length > maxBytes) throw tooLarge(maxBytes)
  // node:zlib leaves out what follows the last frame it knows, also when that is the damaged
  // beginning of another one, and says nothing.
  if (engine.bytesWritten !== bytes.length) {
    throw new DecompressionError('Corrupt', 'bytes follow the end of the compressed data')
  }
  return buffer

  function run(): WithInfo {
    const maxOutputLength = Math.max(1, Math.min(maxBytes, maxLength)) // 0 is refused
    const options = { maxOutputLength, chunkSize: chunkSize(bytes.length), info: true }
    try {
      return decompressSync(bytes, options) as WithInfo
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : ''
      if (code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(maxBytes)
      if (!/^(Z_(DATA|BUF)_ERROR|Z_NEED_DICT|ZSTD_error_(?!memory))/.test(code)) throw error
      throw new DecompressionError('Corrupt', `not compressed data: ${code}`, { cause: error })
    }
  }
}

/** What `info: true` makes of the answer; bytesWritten is how much input was used. */
type WithInfo = { buffer: Uint8Array; engine: { bytesWritten: number } }

/** What node:zlib takes at most on every platform. */
const maxLength = 0x7fffffff

/** The result keeps its whole chunks alive, so that the default of 16 KB is much for 200 bytes. */
function chunkSize(compressedBytes: number): number {
  return Math.max(1_024, Math.min(compressedBytes * 4, 131_072))
}

function tooLarge(maxBytes: number): DecompressionError {
  return new DecompressionError('TooLarge', `more than ${maxBytes} bytes when decompressed`)
}
