import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { recoverSwaps } from '../../../../broker/log/compaction/swap.ts'
import { parseSegmentFileName } from '../../../../broker/log/names.ts'
import { buildBatch } from '../../../../broker/protocol/records/build.ts'
import { buildEndTransactionMarker } from '../../../../broker/protocol/records/control.ts'
import { isControl, nextOffsetOf } from '../../../../broker/protocol/records/header.ts'
import { placeBatch } from '../../../../broker/protocol/records/patch.ts'
import { validateBatch } from '../../../../broker/protocol/records/validate.ts'
import { batchStarts } from '../../../../broker/protocol/records/walk.ts'
import { type Crash, SimulatedDisk } from '../../../sim/disk/simulated-disk.ts'
import { CompactedLog, mapOf, recordsOf, text } from './support.ts'

const directory = '/orders-0'
const keys = 7

test('what a cleaning has returned is durable, each of its files', async () => {
  const disk = new SimulatedDisk(1)
  const log = await filled(disk)
  expect(await log.cleanAll(mapOf(4), 5_000)).toBeGreaterThan(1)
  const kinds = new Set(log.files.list(directory).map((name) => parseSegmentFileName(name)?.kind))
  expect(kinds).toEqual(new Set(['log', 'index', 'timeindex', 'txnindex']))
  expect(disk.durable()).toEqual(disk.snapshot())
})

test('a crash anywhere in a cleaning loses no key, and leaves no hole and nothing twice', async () => {
  const crashes: Crash[] = [
    { keepCache: true },
    { keepCache: false, unsynced: 'nothing' },
    { keepCache: false, unsynced: 'chance' },
  ]
  let crashed = 0
  for (const crash of crashes) {
    for (let call = 1; ; call++) {
      const disk = new SimulatedDisk(call)
      const log = await filled(disk)
      disk.crashAtCall(disk.calls + call, crash)
      const cleaned = log.cleanAll(mapOf(100), 5_000).then(
        () => true,
        () => false,
      )
      const isCleaned = await Promise.race([cleaned, crashOf(disk)])
      if (isCleaned) {
        disk.crash(crash)
        break
      }
      expect(disk.crashed).toBe(true)
      crashed += 1
      recoverSwaps(disk.files(), directory)
      checkLog(disk, log.endOffset)
    }
  }
  expect(crashed).toBeGreaterThan(100)
})

/** What was in flight at a crash is never heard of again. */
async function crashOf(disk: SimulatedDisk): Promise<false> {
  while (!disk.crashed) await setImmediate()
  return false
}

/** Latest values of all keys at its end, before that older ones and some that were aborted. */
async function filled(disk: SimulatedDisk): Promise<CompactedLog> {
  const log = new CompactedLog(disk.files(), directory)
  for (let round = 0; round < 14; round++) {
    const isAborted = round % 4 === 1
    const records = Array.from({ length: keys }, (_, key) => ({
      timestamp: 1_000 + round,
      key: Buffer.from(`key-${key}`),
      value: Buffer.from(`${isAborted ? 'aborted' : round}`.padEnd(25)),
    }))
    const producer = { producerId: 3, producerEpoch: 0, isTransactional: true }
    const baseSequence = round * keys
    const baseOffset = log.endOffset
    log.append(buildBatch({ records, baseOffset, ...(isAborted && { ...producer, baseSequence }) }))
    if (!isAborted) continue
    const marker = { type: 'abort', coordinatorEpoch: 1, ...producer, timestamp: 1_000 } as const
    const batch = buildEndTransactionMarker(marker)
    placeBatch(batch, 0, { baseOffset: log.endOffset, partitionLeaderEpoch: 0 })
    log.append(batch)
  }
  log.roll()
  for (const segment of log.segments) await segment.sync()
  for (const path of ['/', directory]) log.files.syncDirectory(path)
  return log
}

function checkLog(disk: SimulatedDisk, endOffset: number) {
  const files = disk.files()
  const names = files.list(directory)
  expect(names.filter((name) => parseSegmentFileName(name) === undefined)).toEqual([])
  const bases = names.flatMap((name) => {
    const parsed = parseSegmentFileName(name)
    return parsed?.kind === 'log' ? [parsed.baseOffset] : []
  })
  const latest = new Map<string | null, string | null>()
  let end = 0
  for (const base of bases.sort((a, b) => a - b)) {
    expect(base).toBe(end)
    const bytes = files.readFile(`${directory}/${String(base).padStart(20, '0')}.log`) as Uint8Array
    for (const start of batchStarts(bytes)) {
      const batch = bytes.slice(start, validateBatch(bytes, start))
      end = nextOffsetOf(batch, 0)
      for (const { key, value } of isControl(batch, 0) ? [] : recordsOf(batch)) {
        if (text(value)?.startsWith('aborted') !== true) latest.set(text(key), text(value))
      }
    }
  }
  expect(end).toBe(endOffset)
  expect([...latest.values()]).toEqual(Array.from({ length: keys }, () => '12'.padEnd(25)))
}
