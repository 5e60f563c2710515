import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import type { FoundRecord } from '../../../broker/log/find-record.ts'
import { parseSegmentFileName } from '../../../broker/log/names.ts'
import type { PartitionLog } from '../../../broker/log/partition-log.ts'
import type { AbortedTransaction } from '../../../broker/log/transaction-index.ts'
import {
  baseOffsetOf,
  compressionOf,
  hasDeleteHorizon,
  isControl,
  isTransactional,
  lastOffsetDeltaOf,
  nextOffsetOf,
  producerIdOf,
  recordsCountOf,
} from '../../../broker/protocol/records/header.ts'
import { compressionTypes } from '../../../broker/protocol/records/layout.ts'
import { readRecords } from '../../../broker/protocol/records/read.ts'
import { type FixtureRecord, toFixtureRecord } from '../../support/batch-fixtures.ts'
import {
  endings,
  type FoundPlace,
  readKafkaLogs,
  type SeenPartition,
  unpackFiles,
} from '../../support/kafka-logs.ts'
import { write } from './log-support.ts'
import { fetch, fetchAll, manySegments, openAsKafkaLeft, openRealLog } from './real-log.ts'

// Data directories that Kafka 4.3.1 left, stopped in order and killed: see scripts/capture-logs.ts.
describe.each(endings)('of a Kafka that was %s', (ending) => {
  const logs = readKafkaLogs(ending)
  const data = mkdtempSync(join(tmpdir(), 'kavka-kafka-logs-'))
  unpackFiles(data, logs)
  afterAll(() => rmSync(data, { recursive: true }))

  describe.each(Object.entries(logs.topics))('the log of %s', (topic, seen) => {
    const directory = join(data, `${topic}-0`)
    const before = filesIn(directory)
    const log = openAsKafkaLeft(data, topic, ending)
    const batches = fetchAll(log)

    test('begins and ends where it did', async () => {
      const { logStartOffset, logEndOffset } = log
      expect({ logStartOffset, logEndOffset }).toEqual({
        logStartOffset: seen.logStartOffset,
        logEndOffset: seen.highWatermark,
      })
      expect(lastStableOffsetOf(log)).toBe(seen.lastStableOffset)
    })

    test("serves the records that Kafka's consumer saw", () => {
      expect(recordsOf(batches, log)).toEqual(seen.records)
    })

    test("has the transactions for a consumer to leave out what Kafka's left out", () => {
      const aborted = log.abortedTransactions({
        fetchOffset: log.logStartOffset,
        upperBoundOffset: seen.lastStableOffset,
      })
      expect(committedOffsets(batches, aborted, log, seen)).toEqual(seen.committedOffsets)
    })

    test('serves each record to those who begin with it', async () => {
      for (const { offset, ...record } of seen.records) {
        const [batch] = fetch(log, offset, 1)
        const found = batch && recordsIn(batch).find((own) => own.offset === offset)
        expect(found).toEqual({ offset, ...record })
      }
    })

    test('finds what Kafka found by timestamp', async () => {
      const found = seen.byTimestamp.map(([timestamp]) => [
        timestamp,
        placeOf(log.findTimestamp(timestamp)),
      ])
      expect(found).toEqual(seen.byTimestamp)
      expect(placeOf(log.findMaxTimestamp())).toEqual(seen.maxTimestamp)
    })

    test('is changed by opening only in what recovery makes anew, or need not keep', async () => {
      log.close()
      const after = filesIn(directory)
      const bases = Object.keys(before).flatMap((name) => {
        const file = parseSegmentFileName(name)
        return file?.kind === 'log' ? [file.baseOffset] : []
      })
      const firstKept = Math.max(...bases.filter((base) => base <= log.logStartOffset))
      const wanted = Object.keys(before).filter((name) => isWanted(name, firstKept))
      const changed = [...wanted, ...Object.keys(after)].filter(
        (name) => before[name] !== after[name],
      )
      const mayChange = ending === 'stopped' ? /^$/ : /\.(index|timeindex|snapshot)$/
      expect(changed.filter((name) => !mayChange.test(name))).toEqual([])
    })
  })
})

describe('a log that is given the batches of a Kafka that was stopped', () => {
  const logs = readKafkaLogs('stopped')
  const folder = mkdtempSync(join(tmpdir(), 'kavka-kafka-logs-'))
  unpackFiles(join(folder, 'kafka'), logs)
  afterAll(() => rmSync(folder, { recursive: true }))
  // The others were changed by more than appends: by the cleaner, and by DeleteRecords.
  const changed = ['compacted', 'records-deleted']
  const asAppended = Object.keys(logs.topics).filter((topic) => !changed.includes(topic))

  test.each(asAppended)('has the same files, byte for byte: %s', async (topic) => {
    const kafkas = join(folder, 'kafka', `${topic}-0`)
    const ours = join(folder, 'ours', `${topic}-0`)
    const kafkaLog = openRealLog(kafkas)
    const log = openRealLog(ours)
    for (const batch of fetchAll(kafkaLog)) await write(log, [batch], 0)
    log.close()
    const { 'partition.metadata': _, ...files } = filesIn(kafkas)
    expect(filesIn(ours)).toEqual(files)
  })
})

// Kafka keeps its recovery points once a minute; until then the segments it cleaned lie behind them.
test('a compacted log keeps all segments, though offsets are missing between them', async () => {
  const logs = readKafkaLogs('killed')
  const data = mkdtempSync(join(tmpdir(), 'kavka-kafka-logs-'))
  onTestFinished(() => rmSync(data, { recursive: true }))
  unpackFiles(data, logs)
  const config = { ...manySegments, isCompacted: true }
  const found = { clean: false, flushedEndOffset: 0, config }
  const log = openRealLog(join(data, 'compacted-0'), found)
  expect(recordsOf(fetchAll(log), log)).toEqual(logs.topics['compacted']?.records)
})

test('there are segments and batches of every kind', async () => {
  const data = mkdtempSync(join(tmpdir(), 'kavka-kafka-logs-'))
  onTestFinished(() => rmSync(data, { recursive: true }))
  for (const ending of endings) {
    const logs = readKafkaLogs(ending)
    unpackFiles(join(data, ending), logs)
    for (const topic of Object.keys(logs.topics)) {
      const log = openAsKafkaLeft(join(data, ending), topic, ending)
      expect(log.segmentCount, topic).toBeGreaterThan(1)
      const batches = fetchAll(log)
      if (compressionTypes.some((type) => type === topic)) {
        expect(batches.some((batch) => compressionOf(batch, 0) === topic)).toBe(true)
      }
      if (topic === 'compacted') {
        expect(batches.some((batch) => hasDeleteHorizon(batch, 0))).toBe(true)
        expect(batches.some((batch) => isControl(batch, 0))).toBe(true)
        expect(
          batches.some((batch) => recordsCountOf(batch, 0) <= lastOffsetDeltaOf(batch, 0)),
        ).toBe(true)
      }
      log.close()
    }
    const { transactional } = logs.topics
    expect(transactional?.lastStableOffset).toBeLessThan(transactional?.highWatermark ?? 0)
    expect(transactional?.committedOffsets.length).toBeGreaterThan(0)
    expect(transactional?.committedOffsets.length).toBeLessThan(transactional?.records.length ?? 0)
  }
})

function lastStableOffsetOf({ known, logEndOffset, logStartOffset }: PartitionLog) {
  known?.producers.onHighWatermarkUpdated(logEndOffset)
  return known?.producers.lastStableOffset({ highWatermark: logEndOffset, logStartOffset })
}

/** What Kafka had set aside to delete may go, as may segments before the start of the log. */
function isWanted(name: string, firstKept: number): boolean {
  return (
    !name.endsWith('.deleted') && (parseSegmentFileName(name)?.baseOffset ?? firstKept) >= firstKept
  )
}

function placeOf(found: FoundRecord | undefined): FoundPlace {
  return found === undefined ? [-1, -1] : [found.offset, found.timestamp]
}

/** As a consumer sees them: no markers, and nothing before the start. */
function recordsOf(batches: readonly Uint8Array[], { logStartOffset }: PartitionLog) {
  const own = batches.filter((batch) => !isControl(batch, 0)).flatMap(recordsIn)
  return own.filter(({ offset }) => offset >= logStartOffset)
}

/** What a consumer of committed records keeps, by the rule of Kafka's clients. */
function committedOffsets(
  batches: readonly Uint8Array[],
  aborted: readonly AbortedTransaction[],
  log: PartitionLog,
  { lastStableOffset }: SeenPartition,
): number[] {
  const stable = batches.filter((batch) => nextOffsetOf(batch, 0) <= lastStableOffset)
  const left = stable.filter((batch) => {
    const own = aborted.filter(({ producerId }) => producerId === producerIdOf(batch, 0))
    const offset = baseOffsetOf(batch, 0)
    return !(
      isTransactional(batch, 0) &&
      own.some(({ firstOffset, lastOffset }) => firstOffset <= offset && offset <= lastOffset)
    )
  })
  return recordsOf(left, log).map(({ offset }) => offset)
}

function recordsIn(batch: Uint8Array): FixtureRecord[] {
  return readRecords(batch, { budget: { remainingBytes: 10_000_000 } }).map(toFixtureRecord)
}

/** The files of a directory with what is in them. */
function filesIn(directory: string): Record<string, string> {
  const names = readdirSync(directory)
  return Object.fromEntries(
    names.map((name) => [name, readFileSync(join(directory, name)).toString('base64')]),
  )
}
