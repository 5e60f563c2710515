/**
 * Writing unsigned varints of 32 bits: 7 bits a byte, the lowest first. Lengths and tags are written
 * so (KIP-482), and what is in records after zigzag.
 */

/** @param value 32 bits. */
export function unsignedVarintSize(value: number): number {
  if ((value & ~0x7f) === 0) return 1
  if ((value & ~0x3fff) === 0) return 2
  if ((value & ~0x1f_ffff) === 0) return 3
  return (value & ~0xfff_ffff) === 0 ? 4 : 5
}

/** @returns Where the next byte goes. */
export function writeUnsignedVarint(bytes: Uint8Array, at: number, value: number): number {
  let to = at
  let rest = value
  while ((rest & ~0x7f) !== 0) {
    bytes[to++] = (rest & 0x7f) | 0x80
    rest >>>= 7
  }
  bytes[to++] = rest
  return to
}
