import { ProtocolError } from '../protocol-error.ts'
import type { RecordsInput } from '../schema/fields.ts'
import { unsignedVarintSize, writeUnsignedVarint } from '../varint.ts'
import { maxTextBytes, textBytes, writeText } from './text.ts'
import { writeUuid, zeroUuid } from './uuid.ts'

/** What generated sizers and writers call. */
export const writeRuntime = {
  noBytes: new Uint8Array(0),
  zeroUuid,
  writeUuid,
  varintBytes: unsignedVarintSize,
  writeVarint: writeUnsignedVarint,
  partsBytes,

  classicTextBytes(text: unknown, path: string): number {
    return 2 + checkedTextBytes(text, path)
  },

  compactTextBytes(text: unknown, path: string): number {
    const length = checkedTextBytes(text, path)
    return length + unsignedVarintSize(length + 1)
  },

  writeClassicText(bytes: Buffer, view: DataView, position: number, text: string): number {
    const end = writeText(bytes, position + 2, text)
    view.setInt16(position, end - position - 2)
    return end
  },

  writeCompactText(bytes: Buffer, position: number, text: string): number {
    if (text.length > surelyShort) {
      return writeText(bytes, writeUnsignedVarint(bytes, position, textBytes(text) + 1), text)
    }
    const end = writeText(bytes, position + 1, text)
    bytes[position] = end - position
    return end
  },

  badValue(path: string, kind: string, value: unknown): never {
    throw new ProtocolError('InvalidValue', `${path}: ${describe(value)} is no ${kind}`)
  },
  notObject(value: unknown): never {
    throw new ProtocolError('InvalidValue', `a struct is wanted, not ${describe(value)}`)
  },
  refuseNull(path: string): never {
    throw new ProtocolError('InvalidValue', `${path} may not be null in this version`)
  },
  lost(path: string): never {
    throw new ProtocolError('InvalidValue', `${path} is set, but this version cannot carry it`)
  },
}

/** A text of so many UTF-16 units takes one byte for its length whatever its characters. */
const surelyShort = 42

function checkedTextBytes(text: unknown, path: string): number {
  if (typeof text !== 'string') return writeRuntime.badValue(path, 'string', text)
  const length = textBytes(text)
  if (length > maxTextBytes) {
    throw new ProtocolError(
      'InvalidValue',
      `${path} is ${length} bytes, ${maxTextBytes} is the limit`,
    )
  }
  return length
}

function partsBytes(records: RecordsInput, path: string): number {
  if (records instanceof Uint8Array) return records.byteLength
  if (!Array.isArray(records)) return writeRuntime.badValue(path, 'list of parts', records)
  let sum = 0
  for (const part of records) sum += part.byteLength
  return sum
}

function describe(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value)
  return text.length > 40 ? `${text.slice(0, 40)}...` : text
}
