/**
 * Writing zigzag varints, as records have them: 7 bits a byte, lowest first, at most 5 bytes for
 * an int32 and 10 for an int64. (Reading is in `record-reader.ts`.)
 *
 * @see https://protobuf.dev/programming-guides/encoding/#varints
 */

/** @param value An int32. */
export function varintSize(value: number): number {
  return unsignedSize((value << 1) ^ (value >> 31))
}

/** @returns Where the next byte goes. */
export function writeVarint(bytes: Uint8Array, at: number, value: number): number {
  return writeUnsigned(bytes, at, (value << 1) ^ (value >> 31))
}

/** @param value A safe integer. */
export function varlongSize(value: number): number {
  if (value === (value | 0)) return varintSize(value)
  const high = zigzagHigh(value)
  return high === 0 ? unsignedSize(zigzagLow(value)) : Math.ceil((64 - Math.clz32(high)) / 7)
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
  return writeUnsigned(bytes, to, low)
}

/** @param value 32 bits. */
function unsignedSize(value: number): number {
  if ((value & ~0x7f) === 0) return 1
  if ((value & ~0x3fff) === 0) return 2
  if ((value & ~0x1f_ffff) === 0) return 3
  return (value & ~0xfff_ffff) === 0 ? 4 : 5
}

function writeUnsigned(bytes: Uint8Array, at: number, value: number): number {
  let to = at
  let rest = value
  while ((rest & ~0x7f) !== 0) {
    bytes[to++] = (rest & 0x7f) | 0x80
    rest >>>= 7
  }
  bytes[to++] = rest
  return to
}

/** The halves of `(value << 1) ^ (value >> 63)`, each as 32 bits. */
function zigzagLow(value: number): number {
  return (value << 1) ^ (value < 0 ? -1 : 0)
}

function zigzagHigh(value: number): number {
  return ((Math.floor(value / 2 ** 32) << 1) | ((value | 0) >>> 31)) ^ (value < 0 ? -1 : 0)
}
