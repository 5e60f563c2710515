import { KafkaError } from '../errors.ts'

/**
 * Reads what records are made of: zigzag varints, and spans of bytes behind their length. Nothing
 * at or behind `limit` is read, and no length is believed beyond it.
 */
export class RecordReader {
  readonly bytes: Uint8Array
  // Read once here: with two getters a view takes 90 ns, without them 30. `subarray` takes 47.
  private readonly buffer: ArrayBufferLike
  private readonly byteOffset: number
  position: number
  /** Exclusive. */
  limit: number

  constructor(bytes: Uint8Array, { position, limit }: { position: number; limit: number }) {
    this.bytes = bytes
    this.buffer = bytes.buffer
    this.byteOffset = bytes.byteOffset
    this.position = position
    this.limit = limit
  }

  /** @throws {KafkaError} INVALID_RECORD at the limit. */
  byte(): number {
    if (this.position >= this.limit) {
      throw new KafkaError('INVALID_RECORD', 'a record is cut off')
    }
    return this.bytes[this.position++] as number
  }

  /**
   * @returns An int32.
   * @throws {KafkaError} INVALID_RECORD for more than 5 bytes or 32 bits.
   */
  varint(): number {
    const byte = this.byte() // most are of one byte
    return byte < 0x80 ? zigzag(byte) : this.restOfVarint(byte)
  }

  /**
   * @returns A safe integer.
   * @throws {KafkaError} INVALID_RECORD for more than 10 bytes, or a number that is not safe.
   */
  varlong(): number {
    const byte = this.byte()
    return byte < 0x80 ? zigzag(byte) : this.restOfVarlong(byte)
  }

  /**
   * The varint length of what comes next.
   *
   * @param min -1 where that may be null, otherwise 0.
   * @throws {KafkaError} INVALID_RECORD if it is smaller than that or does not fit.
   */
  length(min: -1 | 0): number {
    const length = this.varint()
    if (length < min || length > this.limit - this.position) throw misfit(length)
    return length
  }

  /** Goes over what `length` has allowed. */
  skip(length: number): void {
    if (length > 0) this.position += length
  }

  /** A view of what `length` has allowed; -1 is null. */
  view(start: number, length: number): Uint8Array | null {
    return length < 0 ? null : new Uint8Array(this.buffer, this.byteOffset + start, length)
  }

  private restOfVarint(first: number): number {
    let value = first & 0x7f
    for (let shift = 7; shift < 35; shift += 7) {
      const byte = this.byte()
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) {
        if (shift === 28 && byte > 0x0f) break
        return zigzag(value)
      }
    }
    throw new KafkaError('INVALID_RECORD', 'a varint is longer than 32 bits')
  }

  private restOfVarlong(first: number): number {
    let low = first & 0x7f // bits 0 to 27
    let high = 0 // bits 28 to 55; those above must be 0
    for (let shift = 7; shift < 70; shift += 7) {
      const byte = this.byte()
      const bits = byte & 0x7f
      if (shift < 28) low |= bits << shift
      else if (shift < 56) high |= bits << (shift - 28)
      else if (bits !== 0) break
      if (byte < 0x80) {
        const half = (low >>> 1) + high * 2 ** 27
        const value = (low & 1) === 0 ? half : -half - 1
        if (!Number.isSafeInteger(value)) break
        return value
      }
    }
    throw new KafkaError('INVALID_RECORD', 'a varlong is outside +-(2^53 - 1)')
  }
}

/** What a zigzag varint stands for: 0, -1, 1, -2 ... */
export function zigzag(value: number): number {
  return (value >>> 1) ^ -(value & 1)
}

export function misfit(length: number): KafkaError {
  return new KafkaError('INVALID_RECORD', `a length of ${length} does not fit in the record`)
}
