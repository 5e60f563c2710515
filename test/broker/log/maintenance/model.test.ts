import { expect, test } from 'vitest'
import { Flusher } from '../../../../broker/log/maintenance/flusher.ts'
import { Maintenance } from '../../../../broker/log/maintenance/maintenance.ts'
import { realRandom } from '../../../../lib/random.ts'
import { SimulatedDisk } from '../../../sim/disk/simulated-disk.ts'
import { ManualClock } from '../../../support/manual-clock.ts'
import { seeded } from '../../../support/mutate.ts'
import { orders, start, stopped } from '../data-directory/support.ts'
import { smallConfig } from '../log-support.ts'
import { appendRecord, failures, type KeyValue, recordsOf, turn } from './support.ts'

const backoffMs = 15_000

test.each(Array.from({ length: 40 }, (_, index) => index + 1))(
  'whatever is appended, flushed and cut off beside the cleaner, of each key the latest stays: seed %i',
  { timeout: 60_000 },
  live,
)

async function live(seed: number): Promise<void> {
  const random = seeded(seed * 7_919)
  const disk = new SimulatedDisk(seed, { later: 'held' })
  disk.files().makeDirectory('/data')
  const clock = new ManualClock()
  const files = disk.files()
  const directory = await start(files)
  const config = {
    ...smallConfig,
    segmentBytes: 600 + random(2_000),
    isCompacted: true,
    minCleanableDirtyRatio: random(2) === 0 ? 0 : 0.3,
    flush: random(2) === 0 ? ('Always' as const) : ('PageCache' as const),
  }
  const log = directory.open({ ...orders, config })
  log.listener = { written: () => flusher.appended(log), failed: () => {} }
  let highWatermark = 0
  const { all: failed, report } = failures()
  const logs = [
    {
      log,
      partition: orders,
      highWatermark: () => highWatermark,
      lastStableOffset: () => highWatermark,
    },
  ]
  const flusher = new Flusher({ clock, report, onFlushed: () => {} })
  const maintenance = new Maintenance({
    clock,
    random: realRandom,
    files,
    directory,
    logs,
    report,
    config: { cleanerDedupeBufferBytes: 24 * (4 + random(60)) },
  })
  /** All records that were appended and not cut off at the end. */
  let history: KeyValue[] = []
  /** Nobody waits for them before the end. */
  const underWay: Promise<unknown>[] = []

  for (let step = 0; step < 400; step++) {
    const choice = random(100)
    if (choice < 50) append()
    else if (choice < 80) {
      if (disk.inFlight > 0) disk.settle(random(disk.inFlight))
      await turn()
    } else if (choice < 88) {
      highWatermark += random(log.logEndOffset - highWatermark + 1)
    } else if (choice < 91) {
      const offset = highWatermark + random(log.nextOffset - highWatermark + 1)
      expect(await meanwhile(log.truncateTo(offset))).toBe(offset)
      history = history.filter((record) => record.offset < offset)
    } else if (choice < 92) {
      const offset = log.logStartOffset + random(highWatermark - log.logStartOffset + 1)
      underWay.push(log.moveStartTo(offset))
    } else if (choice < 94) underWay.push(log.roll())
    else if (choice < 98) await clock.advance(random(backoffMs))
    else check()
  }

  await meanwhile(Promise.all([...underWay, log.written()]))
  highWatermark = log.logEndOffset
  await meanwhile(log.roll())
  flusher.appended(log)
  for (let round = 0; round < 20; round++) {
    await clock.advance(backoffMs)
    await settled()
  }
  check()
  log.config = { ...config, minCleanableDirtyRatio: 0 }
  for (let round = 0; round < 20; round++) {
    await clock.advance(backoffMs)
    await settled()
  }
  const left = recordsOf(log)
  expect(left).toEqual([...latest().values()].toSorted((a, b) => a.offset - b.offset))
  expect(log.flushedEndOffset).toBe(log.logEndOffset)
  expect(failed).toEqual([])
  await Promise.all([maintenance.stop(), flusher.stop()])
  expect(clock.pending).toBe(0)
  const stop = directory.stop(stopped)
  await settled()
  expect(await stop).toEqual({ clean: true })
  expect(directory.checkpointOf('replication-offset-checkpoint', orders)).toBe(highWatermark)

  function append(): void {
    const offset = log.nextOffset
    const record = { key: `key-${random(20)}`, value: `${offset} in step ${random(1_000)}`, offset }
    appendRecord(log, record.key, record.value)
    history.push(record)
    flusher.appended(log)
  }

  function latest(): Map<string, KeyValue> {
    const there = history.filter(
      ({ offset }) => offset >= log.logStartOffset && offset < log.logEndOffset,
    )
    return new Map(there.map((record) => [record.key, record]))
  }

  /** What is there is as it was appended, and of each key the latest is there. */
  function check(): void {
    const byOffset = new Map(history.map((record) => [record.offset, record]))
    const records = recordsOf(log)
    for (const record of records) expect(record).toEqual(byOffset.get(record.offset))
    const there = new Map(records.map((record) => [record.key, record]))
    expect(there).toEqual(latest())
    expect(log.offline).toBeUndefined()
    expect(failed).toEqual([])
  }

  /** Lets what is under way happen in any order, and time pass, until a promise has settled. */
  async function meanwhile<T>(promise: Promise<T>): Promise<T> {
    const end = () => true
    const done = promise.then(end, end)
    while ((await Promise.race([done, turn()])) !== true) {
      if (disk.inFlight > 0) disk.settle(random(disk.inFlight))
      if (random(4) === 0) await clock.advance(random(backoffMs))
    }
    return promise
  }

  /** Lets all happen that is under way, in any order. */
  async function settled(): Promise<void> {
    for (let quiet = 0; quiet < 8; ) {
      quiet = disk.inFlight > 0 ? 0 : quiet + 1
      if (disk.inFlight > 0) disk.settle(random(disk.inFlight))
      await turn()
    }
  }
}
