import { KafkaError } from '../errors.ts'
import { viewOf } from './bytes.ts'
import { type DecompressionBudget, decompressWithin } from './decompression-budget.ts'
import {
  baseOffsetOf,
  baseTimestampOf,
  compressionOf,
  lastOffsetDeltaOf,
  maxTimestampOf,
  recordsCountOf,
  timestampTypeOf,
} from './header.ts'
import { headerSizeBytes, minHeaderSizeBytes, minRecordSizeBytes } from './layout.ts'
import type { RecordHeader } from './record.ts'
import { misfit, RecordReader, zigzag } from './record-reader.ts'
import { wholeBatchEnd } from './walk.ts'

/**
 * Walks the records of one batch without making anything for each:
 *
 *     const records = new RecordCursor(bytes, start, budget)
 *     while (records.next()) keep(records.offset, records.key())
 *
 * Each record is checked whole when `next` comes to it. The CRC is not: see `validateBatch`.
 */
export class RecordCursor {
  /** How many records the batch says it has; not more than fit in it. */
  readonly count: number
  /** Of the record that `next` came to, as is what follows. */
  offset = 0
  /** Milliseconds since 1970, or -1 for none. */
  timestamp = 0

  private readonly baseOffset: number
  private readonly lastOffsetDelta: number
  private readonly baseTimestamp: number
  private readonly hasAppendTime: boolean
  private readonly maxTimestamp: number
  private readonly reader: RecordReader
  private readonly end: number
  private readCount = 0
  private offsetDelta = -1
  private keyStart = 0
  private keyLength = 0
  private valueStart = 0
  private valueLength = 0
  private headersStart = 0
  private headersCount = 0

  /**
   * @param bytes Keys and values become views of it, or of the decompressed records.
   * @param budget Only used if the batch is compressed.
   * @throws {KafkaError} CORRUPT_MESSAGE if the batch is cut off or cannot be decompressed,
   *   MESSAGE_TOO_LARGE if the budget does not suffice, INVALID_RECORD if the records cannot be
   *   as many as it says, and as `wholeBatchEnd` and the accessors in `header.ts` do.
   */
  constructor(bytes: Uint8Array, start: number, budget: DecompressionBudget) {
    const end = wholeBatchEnd(bytes, start)
    if (end === undefined) throw new KafkaError('CORRUPT_MESSAGE', 'the batch is cut off')
    this.count = recordsCountOf(bytes, start)
    this.baseOffset = baseOffsetOf(bytes, start)
    this.lastOffsetDelta = lastOffsetDeltaOf(bytes, start)
    this.baseTimestamp = baseTimestampOf(bytes, start)
    this.maxTimestamp = maxTimestampOf(bytes, start)
    this.hasAppendTime = timestampTypeOf(bytes, start) === 'LogAppendTime'

    const compression = compressionOf(bytes, start)
    const recordsStart = start + headerSizeBytes
    if (compression === 'none' || recordsStart === end) {
      this.reader = new RecordReader(bytes, { position: recordsStart, limit: end })
    } else {
      const records = decompressWithin(budget, compression, viewOf(bytes, recordsStart, end))
      this.reader = new RecordReader(records, { position: 0, limit: records.length })
    }
    this.end = this.reader.limit

    const sizeBytes = this.end - this.reader.position
    if (!Number.isSafeInteger(this.baseOffset + this.lastOffsetDelta)) {
      throw invalid('offsets are beyond 2^53 - 1')
    }
    if (this.count < 0 || this.count * minRecordSizeBytes > sizeBytes) {
      throw invalid(`${this.count} records in ${sizeBytes} bytes`)
    }
  }

  /**
   * Goes to the next record, the first one at first.
   *
   * @returns false behind the last.
   * @throws {KafkaError} INVALID_RECORD if a length, count or number does not fit, offsets do not
   *   rise within the batch, or bytes follow the last record. The cursor is of no use then.
   */
  next(): boolean {
    const { reader, end } = this
    if (this.readCount === this.count) {
      if (reader.position !== end) throw invalid('bytes follow the last record')
      return false
    }
    this.readCount++
    reader.limit = end
    const limit = reader.length(0) + reader.position
    reader.limit = limit

    // All that follows are varints. Nearly each takes one byte and is read in place, in two thirds
    // of the time of a call; `bytes[p]` behind the last byte is undefined, and not below 0x80.
    const { bytes } = reader
    let p = reader.position + 1 // attributes, of which no bit is used
    let byte: number

    let timestampDelta: number
    if ((byte = bytes[p] as number) < 0x80 && p < limit) {
      timestampDelta = zigzag(byte)
      p++
    } else {
      reader.position = p
      timestampDelta = reader.varlong()
      p = reader.position
    }
    const timestamp = this.baseTimestamp + timestampDelta
    if (!Number.isSafeInteger(timestamp)) throw invalid('a timestamp is outside +-(2^53 - 1)')
    this.timestamp = this.hasAppendTime ? this.maxTimestamp : timestamp

    let offsetDelta: number
    if ((byte = bytes[p] as number) < 0x80 && p < limit) {
      offsetDelta = zigzag(byte)
      p++
    } else {
      reader.position = p
      offsetDelta = reader.varint()
      p = reader.position
    }
    if (offsetDelta <= this.offsetDelta || offsetDelta > this.lastOffsetDelta) {
      throw invalid(`offset delta ${offsetDelta} after ${this.offsetDelta}`)
    }
    this.offsetDelta = offsetDelta
    this.offset = this.baseOffset + offsetDelta

    let keyLength: number
    if ((byte = bytes[p] as number) < 0x80 && p < limit) {
      keyLength = zigzag(byte)
      p++
    } else {
      reader.position = p
      keyLength = reader.varint()
      p = reader.position
    }
    if (keyLength < -1 || keyLength > limit - p) throw misfit(keyLength)
    this.keyLength = keyLength
    this.keyStart = p
    if (keyLength > 0) p += keyLength

    let valueLength: number
    if ((byte = bytes[p] as number) < 0x80 && p < limit) {
      valueLength = zigzag(byte)
      p++
    } else {
      reader.position = p
      valueLength = reader.varint()
      p = reader.position
    }
    if (valueLength < -1 || valueLength > limit - p) throw misfit(valueLength)
    this.valueLength = valueLength
    this.valueStart = p
    if (valueLength > 0) p += valueLength

    let headersCount: number
    if ((byte = bytes[p] as number) < 0x80 && p < limit) {
      headersCount = zigzag(byte)
      p++
    } else {
      reader.position = p
      headersCount = reader.varint()
      p = reader.position
    }
    this.headersCount = headersCount
    this.headersStart = p
    reader.position = p
    if (headersCount !== 0) this.skipHeaders()
    if (reader.position !== limit) throw invalid('a record is longer than what is in it')
    return true
  }

  get hasKey(): boolean {
    return this.keyLength >= 0
  }

  key(): Uint8Array | null {
    return this.reader.view(this.keyStart, this.keyLength)
  }

  value(): Uint8Array | null {
    return this.reader.view(this.valueStart, this.valueLength)
  }

  headers(): readonly RecordHeader[] {
    if (this.headersCount === 0) return noHeaders
    const { reader } = this
    const headers = new Array<RecordHeader>(this.headersCount)
    const { position } = reader
    reader.position = this.headersStart
    for (let i = 0; i < headers.length; i++) {
      headers[i] = { key: this.span(0) as Uint8Array, value: this.span(-1) }
    }
    reader.position = position
    return headers
  }

  private span(min: -1 | 0): Uint8Array | null {
    const { reader } = this
    const length = reader.length(min)
    const start = reader.position
    reader.skip(length)
    return reader.view(start, length)
  }

  private skipHeaders(): void {
    const { reader, headersCount } = this
    if (headersCount < 0 || headersCount * minHeaderSizeBytes > reader.limit - reader.position) {
      throw invalid(`${headersCount} headers do not fit in the record`)
    }
    for (let i = 0; i < headersCount; i++) {
      reader.skip(reader.length(0))
      reader.skip(reader.length(-1))
    }
  }
}

const noHeaders: readonly RecordHeader[] = Object.freeze([])

function invalid(what: string): KafkaError {
  return new KafkaError('INVALID_RECORD', what)
}
