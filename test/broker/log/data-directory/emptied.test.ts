import { expect, test } from 'vitest'
import type { PartitionLog } from '../../../../broker/log/partition-log.ts'
import { orCrash } from '../../../sim/disk/or-crash.ts'
import { effort } from '../../../support/effort.ts'
import { append, newDisk, orders, readToEnd, start } from './support.ts'

/** What leaves a log without the batches that were durable, and rightly so. */
const waysToEmpty: Record<string, (log: PartitionLog) => Promise<unknown>> = {
  'retention of nothing': (log) =>
    log.applyRetention({ nowMs: 1e9, highWatermark: log.logEndOffset }),
  'a leader that has nothing older': (log) => log.truncateFullyAndStartAt(1_000),
  'a leader that has less': (log) => log.truncateTo(1),
}

const crashes = [
  { keepCache: true },
  { keepCache: false, unsynced: 'nothing' },
  { keepCache: false, unsynced: 'chance' },
] as const

test.each(Object.entries(waysToEmpty))(
  'a log that was emptied by %s is trusted after a crash at any call',
  { timeout: 60_000 },
  async (_, empty) => {
    for (const crash of crashes) {
      for (let call = 1; call < 60; call++) {
        for (let seed = 1; seed <= effort(2, 8); seed++) {
          // Of one segment, and of several.
          await crashAt(call, seed, crash, { records: seed % 2 === 0 ? 2 : 42, empty })
        }
      }
    }
  },
)

async function crashAt(
  call: number,
  seed: number,
  crash: (typeof crashes)[number],
  { records, empty }: { records: number; empty: (log: PartitionLog) => Promise<unknown> },
) {
  const { disk, files } = newDisk(call * 100 + seed)
  const directory = await start(files)
  const log = directory.open({ ...orders, config: { ...orders.config, retentionMs: 1 } })
  await append(log, records)
  await log.flush()
  directory.writeCheckpoints()
  disk.crashAtCall(disk.calls + call, crash)
  try {
    await orCrash(empty(log))
    await orCrash(append(log, 2))
  } catch (error) {
    if (!disk.crashed) throw error
  }
  if (!disk.crashed) disk.crash(crash)
  const restarted = await start(disk.files())
  expect(restarted.offline().map(({ problem }) => problem.message)).toEqual([])
  const again = restarted.open(orders)
  expect(readToEnd(again)).toBe(again.logEndOffset)
  await append(again, 2)
}
