import { DecompressionError } from './decompression-error.ts'

/**
 * LZ4 blocks in JavaScript, since lz4-napi cannot be bounded: `decompressFrameSync` has no limit,
 * its `FrameDec` has no methods, and `uncompressSync` keeps the largest size that a block may have
 * for each (4 MB for a few bytes, freed at some later collection). Here the size is known before
 * anything is allocated, and linked blocks see the output before them where it is. Reading a frame
 * takes 1 us for 200 B and 80 us for 64 KB of JSON; lz4-napi takes 0.9 and 29 for the block alone.
 *
 * @see https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md
 */

/**
 * How many bytes the block `source[start, end)` decodes to, without decoding it.
 *
 * @throws {DecompressionError} Corrupt
 */
export function decodedSize(source: Uint8Array, start: number, end: number): number {
  let at = start
  let size = 0
  while (at < end) {
    const token = source[at++] as number
    let literals = token >>> 4
    if (literals === 15) {
      let more = 255
      while (more === 255) {
        if (at >= end) throw cutOff()
        more = source[at++] as number
        literals += more
      }
    }
    at += literals
    size += literals
    if (at === end) return size // the last sequence has literals only

    at += 2
    let length = (token & 15) + minMatchBytes
    if ((token & 15) === 15) {
      let more = 255
      while (more === 255) {
        if (at >= end) throw cutOff()
        more = source[at++] as number
        length += more
      }
    }
    size += length
  }
  throw cutOff()
}

/**
 * Decodes the block `source[start, end)`, which `decodedSize` has measured, to `target[to, ...)`.
 *
 * @param from Matches may reach back to here: the block's own beginning (`to`), or earlier output
 *   of the same frame when blocks are linked.
 * @returns Where the next block goes in `target`.
 * @throws {DecompressionError} Corrupt if a match reaches back further.
 */
export function decodeBlock(
  source: Uint8Array,
  { start, end }: { start: number; end: number },
  target: Uint8Array,
  { from, to }: { from: number; to: number },
): number {
  let at = start
  let out = to
  while (at < end) {
    const token = source[at++] as number
    let literals = token >>> 4
    if (literals === 15) {
      let more = 255
      while (more === 255) {
        more = source[at++] as number
        literals += more
      }
    }
    if (literals > 32) {
      target.set(source.subarray(at, at + literals), out)
      out += literals
      at += literals
    } else {
      const literalsEnd = at + literals
      while (at < literalsEnd) target[out++] = source[at++] as number
    }
    if (at === end) return out

    const distance = (source[at] as number) | ((source[at + 1] as number) << 8)
    at += 2
    let length = (token & 15) + minMatchBytes
    if ((token & 15) === 15) {
      let more = 255
      while (more === 255) {
        more = source[at++] as number
        length += more
      }
    }
    let match = out - distance
    if (distance === 0 || match < from) {
      throw new DecompressionError('Corrupt', `lz4: match ${distance} bytes back at ${out - to}`)
    }
    const matchEnd = out + length
    if (length > 64 && distance >= length) {
      target.copyWithin(out, match, match + length)
      out = matchEnd
    } else if (length > 64 && distance === 1) {
      target.fill(target[match] as number, out, matchEnd)
      out = matchEnd
    } else {
      while (out < matchEnd) target[out++] = target[match++] as number // may overlap itself
    }
  }
  throw cutOff()
}

const minMatchBytes = 4

function cutOff(): DecompressionError {
  return new DecompressionError('Corrupt', 'lz4: block is cut off')
}
