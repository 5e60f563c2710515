import { decode, encode } from '../protocol/codec/codec.ts'
import { Cursor } from '../protocol/codec/cursor.ts'
import { ProtocolError } from '../protocol/protocol-error.ts'
import { writeUnsignedVarint } from '../protocol/varint.ts'
import { MetadataError } from './metadata-error.ts'
import { kindOf, kindWithKey, type MetadataRecord } from './records.ts'

/**
 * The value of one record of the log, framed as Kafka does (MetadataRecordSerde): the version of
 * the frame, the record's type and its version, each an unsigned varint, and then the message.
 */
export function encodeRecord(record: MetadataRecord): Uint8Array {
  const { table, version } = kindOf(record.type)
  let head = headers.get(record.type)
  if (head === undefined) {
    const bytes = new Uint8Array(maxHeadBytes)
    let to = writeUnsignedVarint(bytes, 0, frameVersion)
    to = writeUnsignedVarint(bytes, to, table.apiKey as number)
    to = writeUnsignedVarint(bytes, to, version)
    head = bytes.subarray(0, to)
    headers.set(record.type, head)
  }
  return Buffer.concat([head, ...(encode(table, version, record) as Uint8Array[])])
}

/**
 * @throws {MetadataError} UnknownRecord for a type or version that is not known here: who skipped
 *   it would have another image than everybody else. Malformed for anything that is no record.
 */
export function decodeRecord(bytes: Uint8Array | null): MetadataRecord {
  if (bytes === null) throw new MetadataError('Malformed', 'a metadata record without a value')
  const cursor = new Cursor(bytes)
  const frame = readVarint(cursor)
  if (frame !== frameVersion) throw unknown(`frame version ${frame}`)
  const apiKey = readVarint(cursor)
  const version = readVarint(cursor)
  const kind = kindWithKey(apiKey)
  if (kind === undefined) throw unknown(`record type ${apiKey}`)
  const { type, table } = kind
  if (version > kind.version) throw unknown(`${type} version ${version}, only 0 to ${kind.version}`)

  try {
    const fields = decode(table, version, cursor)
    if (cursor.remaining > 0) {
      throw new MetadataError('Malformed', `${cursor.remaining} bytes follow a ${type}`)
    }
    return Object.assign(fields, { type }) as unknown as MetadataRecord
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    throw new MetadataError('Malformed', error.message, { cause: error })
  }
}

const frameVersion = 1
const maxHeadBytes = 15
const headers = new Map<MetadataRecord['type'], Uint8Array>()

function readVarint(cursor: Cursor): number {
  let value = 0
  for (let shift = 0; shift < 28; shift += 7) {
    const byte = cursor.remaining > 0 ? cursor.bytes[cursor.position++] : undefined
    if (byte === undefined) break
    value |= (byte & 0x7f) << shift
    if (byte < 0x80) return value
  }
  throw new MetadataError('Malformed', 'a metadata record does not begin with three numbers')
}

function unknown(what: string): MetadataError {
  const message = `${what} is not known to this version of kavka: it was written by a newer one`
  return new MetadataError('UnknownRecord', message)
}
