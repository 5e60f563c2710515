import type * as Lz4 from 'lz4-napi'
import { loadLater } from '../load-later.ts'
import { DecompressionError } from './decompression-error.ts'
import { decodeBlock, decodedSize } from './lz4-block.ts'
import { xxh32 } from './xxh32.ts'

/** A broker may never need it. */
const library = loadLater<typeof Lz4>('lz4-napi')

/**
 * One LZ4 frame as Kafka writes it: independent blocks (its Java reader refuses linked ones) of
 * up to 64 KB, no content size, no checksums but that of the header. Done block by block since
 * lz4-napi's own frames take up to 4 MB blocks by the size of the input.
 *
 * @see https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md
 */
export function lz4(bytes: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [frameHeader]
  for (let start = 0; start < bytes.length; start += blockSizeBytes) {
    const block = bytes.subarray(start, start + blockSizeBytes)
    // What compressSync puts in front of a block is its decoded size: room for the block's header.
    const compressed = library().compressSync(block as Buffer)
    const sizeBytes = compressed.length - 4
    if (sizeBytes < block.length) {
      compressed.writeUInt32LE(sizeBytes)
      parts.push(compressed)
    } else {
      parts.push(uint32(block.length + storedBit), block)
    }
  }
  parts.push(endMark)
  return Buffer.concat(parts)
}

/**
 * Reads one or more frames in a row, with independent or linked blocks, and checks the checksums
 * that they have. Frames that need a dictionary are refused as Corrupt.
 */
export function unlz4(bytes: Uint8Array, maxBytes: number): Uint8Array {
  const sizeBytes = readFrames(bytes, undefined)
  if (sizeBytes > maxBytes) {
    throw new DecompressionError('TooLarge', `lz4: ${sizeBytes} bytes, not within ${maxBytes}`)
  }
  const output = Buffer.allocUnsafe(sizeBytes)
  readFrames(bytes, output)
  return output
}

const blockSizeBytes = 64 * 1_024
const frameMagic = 0x184d2204

/** Magic, version 1 with independent blocks, blocks of 64 KB, checksum of these two bytes. */
const frameHeader = Buffer.from('04224d18' + '60' + '40' + '82', 'hex')
const endMark = Buffer.alloc(4)

/** Highest bit of a block's size: it is stored as it is. */
const storedBit = 0x80000000

/** Reads into `output`, or only measures if there is none. Returns the decoded size. */
function readFrames(bytes: Uint8Array, output: Uint8Array | undefined): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 0
  let out = 0
  do {
    readFrame()
  } while (at < bytes.length)
  return out

  function readFrame(): void {
    const frame = readHeader()
    const frameOut = out
    for (let size = take(4); size !== 0; size = take(4)) {
      const start = at
      at += size & ~storedBit
      if (at > bytes.length) throw corrupt('block is cut off')
      const blockOut = out
      if (size >= storedBit) {
        output?.set(bytes.subarray(start, at), out)
        out += at - start
      } else {
        const target = { from: frame.linked ? frameOut : out, to: out }
        out =
          output === undefined
            ? out + decodedSize(bytes, start, at)
            : decodeBlock(bytes, { start, end: at }, output, target)
      }
      if (out - blockOut > frame.maxBlockBytes) throw corrupt('block is larger than announced')
      if (frame.blockChecksums) check(bytes, start, at)
    }
    if (frame.contentChecksum) check(output, frameOut, out)
  }

  function readHeader() {
    if (take(4) !== frameMagic) throw corrupt('no frame')
    const start = at
    const flags = take(1)
    const maxBlockBytes = 2 ** (8 + 2 * ((take(1) >>> 4) & 7)) // 4 to 7: 64 KB to 4 MB
    if (flags >>> 6 !== 1 || (flags & 1) !== 0 || maxBlockBytes < blockSizeBytes) {
      throw corrupt('frame of another version, or with a dictionary')
    }
    if ((flags & 8) !== 0) skip(8) // content size: a claim of no use here
    const checksum = (xxh32(bytes, start, at) >>> 8) & 0xff
    if (take(1) !== checksum) throw corrupt('checksum of the header differs')
    return {
      linked: (flags & 32) === 0,
      blockChecksums: (flags & 16) !== 0,
      contentChecksum: (flags & 4) !== 0,
      maxBlockBytes,
    }
  }

  /** Compares the checksum that comes next. There is nothing to compare while only measuring. */
  function check(what: Uint8Array | undefined, start: number, end: number): void {
    const checksum = take(4)
    if (output === undefined || what === undefined) return
    if (checksum !== xxh32(what, start, end)) throw corrupt('checksum differs')
  }

  /** The next little-endian integer of 1 or 4 bytes. */
  function take(sizeBytes: 1 | 4): number {
    skip(sizeBytes)
    return sizeBytes === 1 ? view.getUint8(at - 1) : view.getUint32(at - 4, true)
  }

  function skip(sizeBytes: number): void {
    at += sizeBytes
    if (at > bytes.length) throw corrupt('frame is cut off')
  }
}

function uint32(value: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeUInt32LE(value)
  return bytes
}

function corrupt(what: string): DecompressionError {
  return new DecompressionError('Corrupt', `lz4: ${what}`)
}
