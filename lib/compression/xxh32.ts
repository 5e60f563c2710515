/**
 * XXH32 with seed 0 of `bytes[start, end)`: the checksum inside LZ4 frames.
 *
 * @returns An unsigned 32-bit integer.
 * @see https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md
 */
export function xxh32(bytes: Uint8Array, start: number, end: number): number {
  let at = start
  let hash = prime5
  if (end - start >= 16) {
    let a = (prime1 + prime2) | 0
    let b = prime2
    let c = 0
    let d = -prime1 | 0
    for (; at <= end - 16; at += 16) {
      a = round(a, littleEndian32(bytes, at))
      b = round(b, littleEndian32(bytes, at + 4))
      c = round(c, littleEndian32(bytes, at + 8))
      d = round(d, littleEndian32(bytes, at + 12))
    }
    hash = rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18)
  }

  hash = (hash + (end - start)) | 0
  for (; at <= end - 4; at += 4) {
    hash = Math.imul(rotate(hash + Math.imul(littleEndian32(bytes, at), prime3), 17), prime4)
  }
  for (; at < end; at++) {
    hash = Math.imul(rotate(hash + Math.imul(bytes[at] as number, prime5), 11), prime1)
  }

  hash = Math.imul(hash ^ (hash >>> 15), prime2)
  hash = Math.imul(hash ^ (hash >>> 13), prime3)
  return (hash ^ (hash >>> 16)) >>> 0
}

const prime1 = 0x9e3779b1 | 0
const prime2 = 0x85ebca77 | 0
const prime3 = 0xc2b2ae3d | 0
const prime4 = 0x27d4eb2f | 0
const prime5 = 0x165667b1 | 0

function round(lane: number, word: number): number {
  return Math.imul(rotate(lane + Math.imul(word, prime2), 13), prime1)
}

/** Takes the low 32 bits of `value`, which may be a sum of several words. */
function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits))
}

function littleEndian32(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)
  )
}
