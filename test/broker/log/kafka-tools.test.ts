import {
  cpSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compactLog } from '../../../broker/log/compact-log.ts'
import { OffsetMap } from '../../../broker/log/compaction/offset-map.ts'
import { parseSegmentFileName } from '../../../broker/log/names.ts'
import { buildBatch } from '../../../broker/protocol/records/build.ts'
import { compressionTypes } from '../../../broker/protocol/records/layout.ts'
import { realFiles } from '../../../lib/real-files.ts'
import { whyNoKafka } from '../../../scripts/kafka/jars.ts'
import { readKafkaLogs, unpackFiles } from '../../support/kafka-logs.ts'
import { type Dump, dumpLogSegments, filesFor, type Gap } from './dump-log-segments.ts'
import { DumpedBatches } from './dumped-batches.ts'
import { write } from './log-support.ts'
import { manySegments, openAsKafkaLeft, openRealLog } from './real-log.ts'

const logs: Record<string, DumpedBatches> = {
  ...Object.fromEntries(compressionTypes.map((type) => [type, ofCompression(type)])),
  idempotent: idempotent(),
  transactional: transactional(),
  compacted: compacted(),
  'log-append-time': logAppendTime(),
}
const missing = whyNoKafka()
// The first run on a machine downloads Kafka's jars.
const timeout = 180_000
const allKinds = ['log', 'index', 'timeindex', 'snapshot', 'txnindex']

describe.skipIf(missing !== undefined)(missing ?? "Kafka's DumpLogSegments", { timeout }, () => {
  let folder: string
  let written: string
  let dump: Dump

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kavka-tools-'))
    written = join(folder, 'written')
    for (const [name, own] of Object.entries(logs)) await writeLog(join(written, `${name}-0`), own)
    dump = await dumpLogSegments(filesFor(written, allKinds))
  }, timeout)
  afterAll(() => rmSync(folder, { recursive: true }))

  test('reads all files without a complaint', async () => {
    expect(dump.complaints).toEqual([])
    expect([...dump.lines.keys()].toSorted()).toEqual(filesFor(written, allKinds).toSorted())
  })

  test.each(Object.keys(logs))(
    'reads the batches and records of %s as they were written',
    (name) => {
      const own = logs[name] as DumpedBatches
      const lines = filesFor(join(written, `${name}-0`), ['log']).flatMap(linesOf)
      const batchLines = lines.filter((line) => line.startsWith('baseOffset'))
      expect(batchLines.map((line) => line.replace(/ position: .*/, ''))).toEqual(own.batchLines)
      expect(lines.filter((line) => line.startsWith('|'))).toEqual(own.recordLines)
      if (compressionTypes.some((type) => type === name)) {
        for (const line of batchLines) expect(line).toContain(` compresscodec: ${name} `)
      }
    },
  )

  test('sees gaps between records only where compaction left them', async () => {
    expect(dump.gaps.toSorted(byOffset)).toEqual(expectedGaps(written).toSorted(byOffset))
  })

  test('passes the indexes of each segment as sane', async () => {
    const indexes = filesFor(written, ['index', 'timeindex'])
    const logFiles = filesFor(written, ['log'])
    expect(filesFor(written, ['timeindex'])).toHaveLength(logFiles.length)
    const { lines, complaints } = await dumpLogSegments(indexes, ['--index-sanity-check'])
    expect(complaints).toEqual([])
    for (const file of indexes) {
      const verdict = statSync(file).size === 0 ? 'is empty.' : 'passed sanity check.'
      expect(lines.get(file)).toEqual([`${file} ${verdict}`])
    }
  })

  test('finds the aborted transactions in the transaction indexes', async () => {
    const lines = filesFor(join(written, 'transactional-0'), ['txnindex']).flatMap(linesOf)
    const { aborted } = logs['transactional'] as DumpedBatches
    expect(lines).toEqual(
      aborted.map(
        ({ producerId, firstOffset, lastOffset, lastStableOffset }) =>
          `version: 0 producerId: ${producerId} firstOffset: ${firstOffset} ` +
          `lastOffset: ${lastOffset} lastStableOffset: ${lastStableOffset}`,
      ),
    )
  })

  test('finds the producers in the snapshots', async () => {
    const snapshots = filesFor(join(written, 'transactional-0'), ['snapshot'])
    expect(snapshots.length).toBeGreaterThan(2)
    const { openTransactions } = logs['transactional'] as DumpedBatches
    const lines = linesOf(snapshots.at(-1) as string)
    expect(lines.map((line) => line.replace(/ lastTimestamp: .*/, ''))).toEqual(
      [7, 8].map((producerId) => {
        const first = openTransactions.get(producerId)
        const open = first === undefined ? '.empty' : `[${first}]`
        return (
          `producerId: ${producerId} producerEpoch: 0 coordinatorEpoch: 12 ` +
          `currentTxnFirstOffset: OptionalLong${open}`
        )
      }),
    )
  })

  test('reads what recovery makes anew, of our logs and of those a killed Kafka left', async () => {
    const crashed = join(folder, 'crashed')
    cpSync(written, crashed, { recursive: true })
    for (const path of filesFor(crashed, ['index'])) rmSync(path)
    for (const name of Object.keys(logs)) {
      openRealLog(join(crashed, `${name}-0`), { clean: false }).close()
    }
    const kafkaLogs = readKafkaLogs('killed')
    const killed = join(folder, 'killed')
    unpackFiles(killed, kafkaLogs)
    for (const name of Object.keys(kafkaLogs.topics)) {
      openAsKafkaLeft(killed, name, 'killed').close()
    }
    const files = [crashed, killed].flatMap((data) => filesFor(data, allKinds))
    expect((await dumpLogSegments(files)).complaints).toEqual([])
  })

  test('reads what our compaction leaves of batches of every compression', async () => {
    const directory = join(folder, 'compacted-by-us-0')
    const log = openRealLog(directory, { config: { ...manySegments, isCompacted: true } })
    for (let baseOffset = 0; baseOffset < 900; baseOffset += 3) {
      const compression = compressionTypes[(baseOffset / 3) % compressionTypes.length] ?? 'none'
      const records = [0, 1, 2].map((delta) => ({
        timestamp: 1_000 + baseOffset,
        key: Buffer.from(`key-${((baseOffset + delta) * 7) % 50}`),
        value: delta === 2 ? null : Buffer.alloc(40, 1),
        headers: [],
      }))
      await write(
        log,
        [buildBatch({ records, compression, baseOffset, partitionLeaderEpoch: 1 })],
        0,
      )
    }
    const sizeBytes = log.sizeBytes
    await compactLog(log, {
      files: realFiles,
      map: new OffsetMap({ sizeBytes: 10_000, hashKey: new Uint8Array(16) }),
      cleanedEndOffset: undefined,
      lastStableOffset: log.logEndOffset,
      nowMs: 10_000,
      pause: async () => {},
      isCancelled: () => false,
    })
    expect(log.sizeBytes).toBeLessThan(sizeBytes / 2)
    log.close()
    expect((await dumpLogSegments(filesFor(directory, allKinds))).complaints).toEqual([])
  })

  // Kafka writes no entry for a batch that has no timestamp, which is -1.
  test('reads a log whose records have no timestamps without a complaint', async () => {
    const directory = join(folder, 'no-timestamps-0')
    const log = openRealLog(directory)
    for (let baseOffset = 0; baseOffset < 30; baseOffset++) {
      const records = [{ timestamp: -1, key: null, value: Buffer.alloc(100) }]
      await write(log, [buildBatch({ records, baseOffset })], 0)
    }
    log.close()
    expect((await dumpLogSegments(filesFor(directory, allKinds))).complaints).toEqual([])
  })

  test('and its complaints would be noticed', async () => {
    const places = [
      { kind: 'index', damage: flipped(27), says: /^Mismatches in :(.*)$/ },
      { kind: 'timeindex', damage: flipped(19), says: /^Found timestamp mismatch in :(.*)$/ },
      { kind: 'timeindex', damage: flipped(22), says: /^The following indexed .* in :(.*)$/ },
      { kind: 'timeindex', damage: flipped(15), says: /^Found out of order timestamp in :(.*)$/ },
      { kind: 'log', damage: flipped(42), says: /isvalid: false$/ },
      { kind: 'log', damage: cutOff, says: /^Found \d+ invalid bytes at the end of (.*)$/ },
    ]
    const files = places.map(({ kind, damage }, index) => {
      const directory = join(folder, `damaged-${index}`)
      cpSync(join(written, 'none-0'), directory, { recursive: true })
      const [file = ''] = filesFor(directory, [kind])
      damage(file)
      return file
    })
    const { complaints } = await dumpLogSegments(files)
    for (const { says } of places) expect(complaints).toContainEqual(expect.stringMatching(says))

    const behind = join(folder, 'damaged-0', basename(files[0] as string))
    writeFileSync(behind, Buffer.from([0, 0, 0, 8, 0, 1, 0, 0]))
    const died = (await dumpLogSegments([behind])).complaints
    expect(died).toContain('exit 1')
  })

  function linesOf(file: string): readonly string[] {
    return dump.lines.get(file) ?? []
  }
})

async function writeLog(directory: string, { batches }: DumpedBatches): Promise<void> {
  const log = openRealLog(directory)
  for (const [index, batch] of batches.entries()) {
    await write(log, [batch], 0)
    if (index % 10 === 4) await log.flush()
  }
  await log.flush()
  log.close()
}

/** The first offset of a segment counts as one that follows -1. */
function expectedGaps(folder: string): Gap[] {
  return filesFor(folder, ['log']).flatMap((file, index, files) => {
    const directory = dirname(file)
    const own = logs[basename(directory).replace(/-0$/, '')] as DumpedBatches
    const next = files[index + 1]
    const from = baseOf(file)
    const to = next !== undefined && dirname(next) === directory ? baseOf(next) : Infinity
    const offsets = own.offsets.filter((offset) => offset >= from && offset < to)
    const pairs = offsets.map((offset, at) => ({ file, after: offsets[at - 1] ?? -1, offset }))
    return pairs.filter(({ after, offset }) => offset !== after + 1)
  })
}

function baseOf(file: string): number {
  return parseSegmentFileName(basename(file))?.baseOffset ?? 0
}

function byOffset(a: Gap, b: Gap): number {
  return a.file < b.file ? -1 : a.file > b.file ? 1 : a.offset - b.offset
}

function ofCompression(compression: (typeof compressionTypes)[number]): DumpedBatches {
  const log = new DumpedBatches()
  for (let i = 0; i < 40; i++) log.add(1 + (i % 6), { compression })
  return log
}

function idempotent(): DumpedBatches {
  const log = new DumpedBatches()
  for (let i = 0; i < 30; i++) log.add(1 + (i % 4), { producerId: 7 + (i % 3) })
  return log
}

function logAppendTime(): DumpedBatches {
  const log = new DumpedBatches()
  for (let i = 0; i < 30; i++) log.add(3, { logAppendTimeMs: 5_000 + (i >> 2) })
  return log
}

/** Two producers whose transactions overlap, some over two segments. The last one stays open. */
function transactional(): DumpedBatches {
  const log = new DumpedBatches()
  for (let i = 0; i < 8; i++) {
    for (let j = 0; j < 4; j++) log.add(2, { producerId: 7 + (j % 2), isTransactional: true })
    log.add(1)
    log.addMarker(i % 2 === 0 ? 'commit' : 'abort', 7)
    log.add(3, { producerId: 7, isTransactional: true })
    log.addMarker(i % 3 === 0 ? 'commit' : 'abort', 8)
  }
  return log
}

/** Batches that lack records, some of them all; and tombstones that wait for their horizon. */
function compacted(): DumpedBatches {
  const log = new DumpedBatches()
  for (let i = 0; i < 15; i++) {
    log.add(3, { producerId: 7 })
    log.addCompacted([1, 4, 5], 9, { producerId: 7 })
    log.addCompacted([2, 3], 3, { producerId: 8, deleteHorizonMs: 1_800_000_000_000 })
    log.addCompacted([], 4, { producerId: 8 })
  }
  return log
}

function flipped(position: number): (file: string) => void {
  return (file) => {
    const bytes = readFileSync(file)
    bytes[position] = (bytes[position] as number) ^ 1
    writeFileSync(file, bytes)
  }
}

function cutOff(file: string): void {
  truncateSync(file, readFileSync(file).length - 5)
}
