import { expect, test } from 'vitest'
import { DataDirectory } from '../../../../broker/log/data-directory/data-directory.ts'
import { Flusher } from '../../../../broker/log/maintenance/flusher.ts'
import type { MaintainedLog } from '../../../../broker/log/maintenance/maintained-log.ts'
import {
  defaultMaintenanceConfig,
  Maintenance,
} from '../../../../broker/log/maintenance/maintenance.ts'
import type { PartitionLog } from '../../../../broker/log/partition-log.ts'
import { realRandom } from '../../../../lib/random.ts'
import { realFiles } from '../../../../lib/real-files.ts'
import { ManualClock } from '../../../support/manual-clock.ts'
import { newDisk, orders, owner, start, stopped } from '../data-directory/support.ts'
import { servicesOn, smallConfig, temporaryFolder } from '../log-support.ts'
import { countingFiles, failures, maintained, put, recordsOf, until } from './support.ts'

const hourMs = 3_600_000
const compacted = { ...smallConfig, isCompacted: true, maxCompactionLagMs: hourMs }

/** A broker's data directory on the disk of this machine, with some logs. */
async function living() {
  const path = temporaryFolder()
  const { files, calls } = countingFiles(realFiles)
  const clock = new ManualClock(1_000_000_000)
  const directory = await DataDirectory.open(
    {
      path,
      owner,
      producerIdExpirationMs: 86_400_000,
      nowMs: 0,
      configOf: () => undefined,
      pause: () => clock.turn(),
      onProblem(problem) {
        throw problem
      },
    },
    servicesOn(files, { openFiles: 50 }),
  )
  const open = (topic: string, config = smallConfig) => {
    return maintained(directory.open({ ...orders, topic, config }), topic)
  }
  const deleted = { ...smallConfig, retentionMs: hourMs }
  const logs = [open('deleted', deleted), open('compacted', compacted), open('empty')]
  const { all: failed, report } = failures()
  const flusher = new Flusher({ clock, report, onFlushed: () => {} })
  const append = async (index: number, records: number) => {
    const { log } = logs[index] as MaintainedLog
    for (let count = 0; count < records; count++) {
      await put(log, `key-${count % 10}`, `${count}`, { timestamp: clock.nowMs() })
      flusher.appended(log)
    }
  }
  const options = { clock, random: realRandom, files, directory, logs, report }
  const maintenance = new Maintenance(options)
  return { path, calls, clock, directory, logs, failed, flusher, append, maintenance }
}

/** Lets time pass; what is done then has the time that the disk of this machine takes. */
async function pass(clock: ManualClock, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 5_000) {
    await clock.advance(Math.min(left, 5_000))
    await until(() => clock.pending === 4)
  }
}

test('an idle broker has four timers and asks nothing of the disk', async () => {
  const { calls, clock, append, failed, logs, maintenance, flusher } = await living()
  await append(0, 200)
  await append(1, 200)
  await until(() => logs.every(({ log }) => log.activeBaseOffset <= log.flushedEndOffset))
  await pass(clock, 0.2 * hourMs)
  expect(recordsOf(logs[1]?.log as PartitionLog).length).toBeLessThan(40)
  await pass(clock, 0.2 * hourMs)
  const { length } = calls
  await pass(clock, 0.5 * hourMs)
  expect(calls.slice(length)).toEqual([])
  expect(clock.pending).toBe(4)
  expect(failed).toEqual([])
  await Promise.all([maintenance.stop(), flusher.stop()])
  expect(clock.pending).toBe(0)
})

test('a checkpoint is written when an offset in it has changed, each by its own interval', async () => {
  const { calls, clock, append, directory, maintenance, logs } = await living()
  const writes = (kind: string) =>
    calls.filter((call) => call.startsWith('rename') && call.includes(kind)).length
  const written = async (expected: Record<string, number>) => {
    const kinds = Object.keys(expected)
    const now = () => Object.fromEntries(kinds.map((kind) => [kind, writes(kind)]))
    await until(() => kinds.every((kind) => (now()[kind] ?? 0) >= (expected[kind] ?? 0)))
    expect(now()).toEqual(expected)
  }
  await append(0, 3)
  await clock.advance(5_000)
  await written({ replication: 1, recovery: 0 })
  await clock.advance(25_000) // log.initial.task.delay.ms
  await written({ replication: 1, recovery: 1, 'log-start': 1 })
  await logs[0]?.log.flush()
  await until(() => clock.pending === 4)
  await clock.advance(defaultMaintenanceConfig.flushOffsetCheckpointIntervalMs)
  await written({ replication: 1, recovery: 2, 'log-start': 1 })
  await append(0, 1)
  await maintenance.stop()
  await written({ replication: 2 })
  const own = { topic: 'deleted', partition: 0 }
  expect(directory.checkpointOf('replication-offset-checkpoint', own)).toBe(4)
})

test('retention and compaction come by themselves', async () => {
  const { clock, append, failed, logs, maintenance } = await living()
  await append(0, 200)
  await append(1, 200)
  await clock.advance(defaultMaintenanceConfig.cleanerBackoffMs)
  await until(() => recordsOf(logs[1]?.log as PartitionLog).length < 40)
  await clock.advance(hourMs)
  await append(0, 1)
  expect(logs[0]?.log.logStartOffset).toBe(0)
  await clock.advance(defaultMaintenanceConfig.retentionCheckIntervalMs)
  await until(() => (logs[0]?.log.logStartOffset ?? 0) > 180)
  expect(recordsOf(logs[0]?.log as PartitionLog).at(-1)?.offset).toBe(200)
  await maintenance.stop()
  expect(failed).toEqual([])
})

test('a checkpoint that cannot be written is reported, and written the next time', async () => {
  const { disk, files } = newDisk()
  const directory = await start(files)
  const log = directory.open(orders)
  await put(log, 'key', 'value')
  const clock = new ManualClock()
  const { all: failed, report } = failures()
  const logs = [maintained(log)]
  const maintenance = new Maintenance({ clock, random: realRandom, files, directory, logs, report })
  disk.fail({ call: 'write', path: /replication/, code: 'ENOSPC' })
  await clock.advance(10_000)
  const problem = expect.objectContaining({ problem: 'DiskFull' })
  expect(failed).toEqual([{ work: 'checkpoints', error: problem }])
  expect(files.readFile('/data/kafka/replication-offset-checkpoint')).toBeDefined()
  await maintenance.stop()
  expect(await directory.stop(stopped)).toEqual({ clean: true })
})
