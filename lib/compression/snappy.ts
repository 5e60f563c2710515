import type * as Snappy from 'snappy'
import { loadLater } from '../load-later.ts'
import { DecompressionError } from './decompression-error.ts'

/** A broker may never need it. */
const library = loadLater<typeof Snappy>('snappy')

/**
 * Snappy in the framing of snappy-java, which Kafka's Java clients write and expect: a header,
 * then blocks of up to 32 KB, each behind its int32 length.
 *
 * @see https://github.com/xerial/snappy-java SnappyOutputStream
 */
export function snappy(bytes: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [frameHeader]
  for (let start = 0; start < bytes.length; start += blockSizeBytes) {
    const block = library().compressSync(bytes.subarray(start, start + blockSizeBytes), copied)
    parts.push(int32(block.length), block)
  }
  return Buffer.concat(parts)
}

/**
 * Reads the framing above (also several streams in a row) and, as Kafka's clients do, a single
 * raw block, which is what librdkafka and others send.
 */
export function unsnappy(bytes: Uint8Array, maxBytes: number): Uint8Array {
  if (!startsWithMagic(bytes, 0)) {
    checkSize(claimedSize(bytes), maxBytes)
    return uncompress(bytes)
  }
  let sizeBytes = 0
  for (const block of blocksOf(bytes)) sizeBytes += claimedSize(block)
  checkSize(sizeBytes, maxBytes)

  const output = Buffer.allocUnsafe(sizeBytes)
  let at = 0
  for (const block of blocksOf(bytes)) {
    const part = uncompress(block) // as long as it claimed to be, or it was refused
    output.set(part, at)
    at += part.length
  }
  return output
}

const blockSizeBytes = 32 * 1_024

/** Magic, version 1, compatible with readers from version 1. */
const frameHeader = Buffer.from('82534e4150505900' + '00000001' + '00000001', 'hex')
const magicSizeBytes = 8

/** An external buffer costs more than a copy: 170 against 35 us for 64 KB. */
const copied = { copyOutputData: true }

function startsWithMagic(bytes: Uint8Array, start: number): boolean {
  if (bytes.length - start < frameHeader.length) return false
  for (let i = 0; i < magicSizeBytes; i++) {
    if (bytes[start + i] !== frameHeader[i]) return false
  }
  return true
}

/** Twice read rather than kept in a list: blocks of 5 bytes would make a list of 20 times that. */
function* blocksOf(bytes: Uint8Array): Generator<Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = frameHeader.length
  while (at < bytes.length) {
    if (startsWithMagic(bytes, at)) {
      at += frameHeader.length // another stream was appended
      continue
    }
    const length = bytes.length - at < 4 ? -1 : view.getInt32(at)
    at += 4
    if (length <= 0 || length > bytes.length - at) throw corrupt(`block of ${length} bytes`)
    yield bytes.subarray(at, at + length)
    at += length
  }
}

/** The uncompressed size in front of a raw block, a varint of at most 32 bits. */
function claimedSize(block: Uint8Array): number {
  let size = 0
  for (let i = 0; i < 5; i++) {
    const byte = block[i]
    if (byte === undefined) break
    size += (byte & 0x7f) * 2 ** (7 * i)
    if (byte < 0x80) {
      // The densest element is 3 bytes for 64: a larger claim is false, and not worth its memory.
      if (size > block.length * 22) throw corrupt(`claims ${size} bytes`)
      return size
    }
  }
  throw corrupt('no size in front')
}

function checkSize(sizeBytes: number, maxBytes: number): void {
  if (sizeBytes > maxBytes) {
    throw new DecompressionError('TooLarge', `snappy: ${sizeBytes} bytes, not within ${maxBytes}`)
  }
}

function uncompress(block: Uint8Array): Uint8Array {
  try {
    return library().uncompressSync(block, copied) as Buffer // a string only if asked for
  } catch (error) {
    throw corrupt('damaged block', error)
  }
}

function int32(value: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeInt32BE(value)
  return bytes
}

function corrupt(what: string, cause?: unknown): DecompressionError {
  return new DecompressionError('Corrupt', `snappy: ${what}`, { cause })
}
