import { unsignedVarintSize, writeUnsignedVarint } from '../varint.ts'

/**
 * Writing zigzag varints, as records have them: 7 bits a byte, lowest first, at most 5 bytes for
 * an int32 and 10 for an int64. (Reading is in `record-reader.ts`.)
 *
 * @see https://protobuf.dev/programming-guides/encoding/#varints
 */

/** @param value An int32. */
export function varintSize(value: number): number {
  return unsignedVarintSize((value << 1) ^ (value >> 31))
}

/** @returns Where the next byte goes. */
export function writeVarint(bytes: Uint8Array, at: number, value: number): number {
  return writeUnsignedVarint(bytes, at, (value << 1) ^ (value >> 31))
}

/** @param value A safe integer. */
export function varlongSize(value: number): number {
  if (value === (value | 0)) return varintSize(value)
  const high = zigzagHigh(value)
  return high === 0 ? unsignedVarintSize(zigzagLow(value)) : Math.ceil((64 - Math.clz32(high)) / 7)
}

/** @returns Where the next byte goes. */
export function writeVarlong(bytes: Uint8Array, at: number, value: number): number {
  if (value === (value | 0)) return writeVarint(bytes, at, value)
  let low = zigzagLow(value)
  let high = zigzagHigh(value)
  let to = at
  while (high !== 0) {
    bytes[to++] = (low & 0x7f) | 0x80
    low = (low >>> 7) | (high << 25)
    high >>>= 7
  }
  return writeUnsignedVarint(bytes, to, low)
}

/** The halves of `(value << 1) ^ (value >> 63)`, each as 32 bits. */
function zigzagLow(value: number): number {
  return (value << 1) ^ (value < 0 ? -1 : 0)
}

function zigzagHigh(value: number): number {
  return ((Math.floor(value / 2 ** 32) << 1) | ((value | 0) >>> 31)) ^ (value < 0 ? -1 : 0)
}
