import type { LogRecord } from './record.ts'
import { varintSize, varlongSize, writeVarint, writeVarlong } from './varint.ts'

/** A record to be written: a `LogRecord`, or less. */
export type RecordInput = Omit<LogRecord, 'offset' | 'headers'> &
  Partial<Pick<LogRecord, 'offset' | 'headers'>>

/** What the deltas of the records of one batch count from. */
export type RecordBase = { readonly baseOffset: number; readonly baseTimestamp: number }

/** Bytes that `writeRecord` will write. Cheap enough to be asked for again while writing. */
export function recordSize(record: RecordInput, offset: number, base: RecordBase): number {
  const size = bodySize(record, offset, base)
  return varintSize(size) + size
}

/** @returns Where the next record goes. */
export function writeRecord(
  bytes: Uint8Array,
  at: number,
  record: RecordInput,
  { offset, base }: { offset: number; base: RecordBase },
): number {
  let to = writeVarint(bytes, at, bodySize(record, offset, base))
  bytes[to++] = 0 // attributes: none
  to = writeVarlong(bytes, to, record.timestamp - base.baseTimestamp)
  to = writeVarint(bytes, to, offset - base.baseOffset)
  to = writeSpan(bytes, to, record.key)
  to = writeSpan(bytes, to, record.value)
  if (record.headers === undefined) {
    bytes[to++] = 0
    return to
  }
  to = writeVarint(bytes, to, record.headers.length)
  for (const { key, value } of record.headers) {
    to = writeSpan(bytes, to, key)
    to = writeSpan(bytes, to, value)
  }
  return to
}

function bodySize(record: RecordInput, offset: number, base: RecordBase): number {
  let size =
    1 + // attributes
    varlongSize(record.timestamp - base.baseTimestamp) +
    varintSize(offset - base.baseOffset) +
    spanSize(record.key) +
    spanSize(record.value)
  if (record.headers === undefined) return size + 1
  size += varintSize(record.headers.length)
  for (const { key, value } of record.headers) size += spanSize(key) + spanSize(value)
  return size
}

function spanSize(span: Uint8Array | null): number {
  return span === null ? 1 : varintSize(span.length) + span.length
}

function writeSpan(bytes: Uint8Array, at: number, span: Uint8Array | null): number {
  if (span === null) return writeVarint(bytes, at, -1)
  const { length } = span
  const to = writeVarint(bytes, at, length)
  // `set` costs 20 ns whatever it copies
  if (length > 16) bytes.set(span, to)
  else for (let i = 0; i < length; i++) bytes[to + i] = span[i] as number
  return to + length
}
