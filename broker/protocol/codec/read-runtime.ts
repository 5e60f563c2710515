import { ProtocolError } from '../protocol-error.ts'
import type { Cursor } from './cursor.ts'
import { readText } from './text.ts'
import { readUuid, zeroUuid } from './uuid.ts'

/** What generated readers call: varints, tags, text, and every way to refuse. */
export const readRuntime = {
  max: Number.MAX_SAFE_INTEGER,
  noBytes: new Uint8Array(0),
  zeroUuid,
  readUuid,
  readText,
  readVarint,
  readTagEnd,
  skipTags,

  truncated(path: string, wanted: number, left: number): never {
    const message = `from ${path} on ${wanted} bytes are needed, but ${left} are left`
    throw new ProtocolError('Truncated', message)
  },
  tooLong(path: string, length: number): never {
    throw new ProtocolError('InvalidLength', `${path} is ${length} bytes long, 32767 is the limit`)
  },
  unexpectedNull(path: string): never {
    throw new ProtocolError('UnexpectedNull', `${path} may not be null`)
  },
  unsafe(path: string): never {
    throw new ProtocolError('OutOfRange', `${path} is beyond +-(2^53 - 1)`)
  },
  tooMany(path: string): never {
    throw new ProtocolError('TooManyElements', `${path} holds more than a frame of its size may`)
  },
  wrongTagSize(path: string): never {
    throw new ProtocolError('InvalidLength', `${path} does not fill the size of its tag`)
  },
}

/** An unsigned varint of at most 32 bits. */
function readVarint(cursor: Cursor): number {
  const { bytes, end } = cursor
  let p = cursor.position
  let value = 0
  for (let shift = 0; shift < 35; shift += 7) {
    if (p >= end) readRuntime.truncated('a varint', 1, 0)
    const byte = bytes[p++] as number
    value += (byte & 0x7f) * 2 ** shift
    if (byte < 0x80) {
      if (value > 0xffffffff) break
      cursor.position = p
      return value
    }
  }
  throw new ProtocolError('InvalidLength', 'a varint is longer than 32 bits')
}

/** Reads a tag's size. @returns Where its field ends. */
function readTagEnd(cursor: Cursor): number {
  const size = readVarint(cursor)
  if (size > cursor.remaining) readRuntime.truncated('a tagged field', size, cursor.remaining)
  return cursor.position + size
}

function skipTags(cursor: Cursor, count: number): void {
  for (let left = count; left > 0; left--) {
    readVarint(cursor)
    cursor.position = readTagEnd(cursor)
  }
}
