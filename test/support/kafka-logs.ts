import { mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import type { FixtureRecord } from './batch-fixtures.ts'

/** How the broker ended that left the files. */
export const endings = ['stopped', 'killed'] as const
export type Ending = (typeof endings)[number]

/** A data directory as a real Kafka left it, with what its consumer had seen: of partitions 0. */
export type KafkaLogs = {
  /** By path within the data directory. */
  readonly files: Readonly<Record<string, StoredFile>>
  readonly topics: Readonly<Record<string, SeenPartition>>
}

/** Zeros at the end are left out: of an index that is in use, Kafka has 10 MiB on the disk. */
export type StoredFile = { readonly sizeBytes: number; readonly base64: string }

/** As scripts/kafka/WriteLogs.java prints it. Offsets are exclusive ends. */
export type SeenPartition = {
  readonly logStartOffset: number
  readonly highWatermark: number
  readonly lastStableOffset: number
  /** What a consumer gets with read_committed; `records` it gets with read_uncommitted. */
  readonly committedOffsets: readonly number[]
  /** What ListOffsets said: the timestamp that was asked for, and the record that was found. */
  readonly byTimestamp: readonly (readonly [timestamp: number, found: FoundPlace])[]
  readonly maxTimestamp: FoundPlace
  readonly records: readonly FixtureRecord[]
}

/** Both -1 where there is no such record. */
export type FoundPlace = readonly [offset: number, timestamp: number]

export function readKafkaLogs(ending: Ending): KafkaLogs {
  return JSON.parse(gunzipSync(readFileSync(fixtureOf(ending))).toString('utf8')) as KafkaLogs
}

export function writeKafkaLogs(ending: Ending, logs: KafkaLogs): void {
  mkdirSync(dirname(fixtureOf(ending)), { recursive: true })
  writeFileSync(fixtureOf(ending), gzipSync(JSON.stringify(logs), { level: 9 }))
}

export function storeFile(bytes: Buffer): StoredFile {
  let end = bytes.length
  while (end > 0 && bytes[end - 1] === 0) end--
  return { sizeBytes: bytes.length, base64: bytes.toString('base64', 0, end) }
}

/** Puts the files where they were, below `folder`. */
export function unpackFiles(folder: string, { files }: KafkaLogs): void {
  for (const [name, { sizeBytes, base64 }] of Object.entries(files)) {
    const path = join(folder, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, Buffer.from(base64, 'base64'))
    truncateSync(path, sizeBytes)
  }
}

/** Written by scripts/capture-logs.ts. */
function fixtureOf(ending: Ending): string {
  return join(import.meta.dirname, `../broker/log/fixtures/kafka-logs/${ending}.json.gz`)
}
