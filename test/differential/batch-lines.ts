import { KafkaError } from '../../broker/protocol/errors.ts'
import {
  baseOffsetOf,
  baseSequenceOf,
  batchEndOf,
  compressionOf,
  lastOffsetDeltaOf,
  maxTimestampOf,
  partitionLeaderEpochOf,
  producerEpochOf,
  producerIdOf,
  timestampTypeOf,
} from '../../broker/protocol/records/header.ts'
import { readRecords } from '../../broker/protocol/records/read.ts'
import type { LogRecord } from '../../broker/protocol/records/record.ts'
import { validateBatch } from '../../broker/protocol/records/validate.ts'
import { batchStarts } from '../../broker/protocol/records/walk.ts'

/** How numbers are written that differ from broker to broker. */
type Words = {
  readonly time: (timestamp: number) => string
  readonly producer: (id: number) => string
}

/**
 * Fetched batches as lines: one for each batch and for each of its records, and one for a batch that
 * is cut off at the end, or cannot be read.
 */
export function batchLines(bytes: Uint8Array, words: Words): string[] {
  const lines: string[] = []
  try {
    for (const line of linesOf(bytes, words)) lines.push(line)
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error
    lines.push(`what follows cannot be read: ${error.code}`)
  }
  return lines
}

function* linesOf(bytes: Uint8Array, words: Words): Generator<string> {
  let end = 0
  for (const start of batchStarts(bytes)) {
    end = batchEndOf(bytes, start)
    validateBatch(bytes, start)
    yield batchLine(bytes, start, words)
    const records = readRecords(bytes, { start, budget: { remainingBytes: 100_000_000 } })
    for (const record of records) yield recordLine(record, words)
  }
  if (end < bytes.byteLength) yield 'a batch that is cut off'
}

function batchLine(bytes: Uint8Array, start: number, { time, producer }: Words): string {
  const baseOffset = baseOffsetOf(bytes, start)
  return [
    `offsets ${baseOffset} to ${baseOffset + lastOffsetDeltaOf(bytes, start)}`,
    `epoch ${partitionLeaderEpochOf(bytes, start)}`,
    compressionOf(bytes, start),
    `${timestampTypeOf(bytes, start)} ${time(maxTimestampOf(bytes, start))}`,
    `producer ${producer(producerIdOf(bytes, start))} epoch ${producerEpochOf(bytes, start)}`,
    `sequence ${baseSequenceOf(bytes, start)}`,
    `${batchEndOf(bytes, start) - start} bytes`,
  ].join(', ')
}

function recordLine(
  { offset, timestamp, key, value, headers }: LogRecord,
  { time }: Words,
): string {
  const shown = headers.map((header) => ` ${textOf(header.key)}:${textOf(header.value)}`)
  return `  ${offset} at ${time(timestamp)}: ${textOf(key)}=${textOf(value)}${shown.join('')}`
}

function textOf(bytes: Uint8Array | null): string {
  if (bytes === null) return 'null'
  const text = Buffer.from(bytes).toString('latin1')
  return text.length <= 40 ? text : `${text.slice(0, 40)}... ${text.length}`
}
