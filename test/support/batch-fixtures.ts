import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { CompressionType } from '../../broker/protocol/records/layout.ts'
import type { LogRecord } from '../../broker/protocol/records/record.ts'

/** A record in JSON: bytes are base64 or null. As scripts/kafka/Batches.java prints them. */
export type FixtureRecord = {
  offset: number
  /** Left out where the client sets it and does not say. */
  timestamp?: number
  key: string | null
  value: string | null
  headers: [key: string, value: string | null][]
}

/**
 * A large batch does not list its records: record i has timestamp `baseTimestamp` + i, key "key-" +
 * i, no headers, and as value "value-" + i + "-" repeated and cut off after 100 characters.
 */
export type GeneratedRecords = { generator: 'record-i'; count: number; baseTimestamp?: number }

/** A batch as a client sent it, with what it was told to send. */
export type BatchFixture = {
  name: string
  client: string
  compression: CompressionType
  records: FixtureRecord[] | GeneratedRecords
  base64: string
}

/** Where scripts/capture-batches.ts writes one file for each client, and the frames they sent. */
export const fixturesFolder = join(import.meta.dirname, '../broker/protocol/records/fixtures')
export const requestsFile = join(
  import.meta.dirname,
  '../broker/protocol/frames/fixtures/client-requests.json',
)

/** What scripts/kafka/Batches.java printed; `npm run golden` makes it anew. */
export const javaBatchesFile = join(fixturesFolder, 'java-batches.json')

/** Writes fixtures as a JSON array with an entry on each line. */
export function writeLines(file: string, entries: readonly unknown[]): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `[\n${entries.map((entry) => JSON.stringify(entry)).join(',\n')}\n]\n`)
}

/** The first request of each API and version that a client sent. */
export type RequestFixture = { client: string; api: string; version: number; base64: string }

/** Whose batches scripts/capture-batches.ts keeps. */
export const batchClients = [
  'kcat',
  'confluent-kafka',
  'platformatic-kafka',
  'kafkajs',
  'lz4-command',
]

export function readBatchFixtures(client: string): BatchFixture[] {
  return JSON.parse(readFileSync(join(fixturesFolder, `${client}.json`), 'utf8')) as BatchFixture[]
}

export function recordsOf(records: BatchFixture['records']): FixtureRecord[] {
  return Array.isArray(records) ? records : generateRecords(records)
}

/** What was read, as the fixtures have it. */
export function toFixtureRecord({ key, value, headers, ...rest }: LogRecord): FixtureRecord {
  return {
    ...rest,
    key: toBase64(key),
    value: toBase64(value),
    headers: headers.map((header) => [asText(header.key), toBase64(header.value)]),
  }
}

/** To be built into a batch of ours. */
export function fromFixtureRecord({ key, value, headers, ...rest }: FixtureRecord): LogRecord {
  return {
    timestamp: -1,
    ...rest,
    key: fromBase64(key),
    value: fromBase64(value),
    headers: headers.map(([name, own]) => ({ key: Buffer.from(name), value: fromBase64(own) })),
  }
}

/** Some clients have undefined for null. */
export function toBase64(bytes: Uint8Array | null | undefined): string | null {
  return bytes === null || bytes === undefined ? null : Buffer.from(bytes).toString('base64')
}

export function fromBase64(text: string | null): Buffer | null {
  return text === null ? null : Buffer.from(text, 'base64')
}

function generateRecords({ count, baseTimestamp }: GeneratedRecords): FixtureRecord[] {
  return Array.from({ length: count }, (_, i) => ({
    offset: i,
    ...(baseTimestamp === undefined ? {} : { timestamp: baseTimestamp + i }),
    key: toBase64(Buffer.from(`key-${i}`)),
    value: toBase64(Buffer.from(`value-${i}-`.repeat(100).slice(0, 100))),
    headers: [],
  }))
}

function asText(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8')
}
