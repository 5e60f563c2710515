import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { DataDirectory } from '../../../../broker/log/data-directory/data-directory.ts'
import { LogCleaner } from '../../../../broker/log/maintenance/log-cleaner.ts'
import type { PartitionLog } from '../../../../broker/log/partition-log.ts'
import type { Files } from '../../../../lib/files.ts'
import { realRandom } from '../../../../lib/random.ts'
import type { Crash, SimulatedDisk } from '../../../sim/disk/simulated-disk.ts'
import { ManualClock } from '../../../support/manual-clock.ts'
import { newDisk, orders, start } from '../data-directory/support.ts'
import { smallConfig } from '../log-support.ts'
import { failures, maintained, put, recordsOf } from './support.ts'

const config = { ...smallConfig, segmentBytes: 800, isCompacted: true, minCleanableDirtyRatio: 0 }
const own = { ...orders, config }
const crashes: Crash[] = [
  { keepCache: true },
  { keepCache: false, unsynced: 'nothing' },
  { keepCache: false, unsynced: 'chance' },
]

test('a crash at any call of cleanings and cuts: what was flushed is there, and all can be compacted', {
  timeout: 120_000,
}, async () => {
  let lives = 0
  for (const crash of crashes) {
    for (let call = 1; ; call++) {
      const { disk } = newDisk(call)
      const told = { flushed: 0 }
      disk.crashAtCall(disk.calls + call, crash)
      const ended = await Promise.race([live(disk, told).catch(() => disk.crashed), crashOf(disk)])
      if (ended === undefined) disk.crash(crash)
      expect(disk.crashed, `crash at call ${call}`).toBe(true)
      await check(disk, told, `crash at call ${call}, ${JSON.stringify(crash)}`)
      if (ended === undefined) break
      lives += 1
    }
  }
  expect(lives).toBeGreaterThan(300)
})

async function live(disk: SimulatedDisk, told: { flushed: number }): Promise<undefined> {
  const files = disk.files()
  const directory = await start(files)
  const log = directory.open(own)
  await fill(log, 60, 'old')
  await log.flush()
  told.flushed = 1
  await cleanAll(directory, files, log)
  await directory.writeCheckpointsLater()

  told.flushed = 0
  await log.truncateTo(20)
  await fill(log, 60, 'new')
  await log.flush()
  told.flushed = 2
  await cleanAll(directory, files, log)
  await directory.writeCheckpointsLater()
  return undefined
}

async function check(disk: SimulatedDisk, told: { flushed: number }, where: string): Promise<void> {
  const files = disk.files()
  const directory = await start(files)
  expect(directory.offline(), where).toEqual([])
  const log = directory.open(own)
  const checkpoint = directory.checkpointOf('cleaner-offset-checkpoint', own) ?? 0
  expect(checkpoint, where).toBeLessThanOrEqual(log.logEndOffset)
  const word = [undefined, 'old', 'new'][told.flushed]
  const values = recordsOf(log).map(({ value }) => value)
  const latest = word === undefined ? [] : [55, 56, 57, 58, 59].map((count) => `${word} ${count}`)
  expect(values, where).toEqual(expect.arrayContaining(latest))
  // A checkpoint that says too much would leave keys twice for ever.
  await log.roll()
  await cleanAll(directory, files, log)
  const keys = recordsOf(log).map(({ key }) => key)
  expect(keys.length, where).toBe(new Set(keys).size)
}

async function cleanAll(directory: DataDirectory, files: Files, log: PartitionLog): Promise<void> {
  const { all: failed, report } = failures()
  const cleaner = new LogCleaner({
    clock: new ManualClock(),
    random: realRandom,
    files,
    logs: [maintained(log)],
    checkpoints: directory,
    report,
    dedupeBufferBytes: 10_000,
  })
  await cleaner.cleanAll(() => false)
  if (failed[0] !== undefined) throw failed[0].error
}

/** Of five keys, again and again. */
async function fill(log: PartitionLog, records: number, word: string): Promise<void> {
  for (let count = 0; count < records; count++) {
    await put(log, `${word}-${count % 5}`, `${word} ${count}`)
  }
}

/** What was in flight at a crash is never heard of again. */
async function crashOf(disk: SimulatedDisk): Promise<true> {
  while (!disk.crashed) await setImmediate()
  return true
}
