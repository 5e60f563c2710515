import { expect, test } from 'vitest'
import { append, newDisk, orders, readToEnd, start } from './support.ts'

for (const crash of [
  { keepCache: true },
  { keepCache: false, unsynced: 'nothing' },
  { keepCache: false, unsynced: 'chance' },
] as const)
  for (const what of ['retention', 'fully', 'part'])
    test(`demo ${what} ${JSON.stringify(crash)}`, async () => {
      for (let call = 1; call < 150; call++) {
        const { disk, files } = newDisk(call)
        const d = await start(files)
        const log = d.open({ ...orders, config: { ...orders.config, retentionMs: 1 } })
        append(log, 42)
        await log.flush()
        d.writeCheckpoints()
        disk.crashAtCall(disk.calls + call, crash)
        try {
          if (what === 'retention')
            log.applyRetention({ nowMs: 1e9, highWatermark: log.logEndOffset })
          if (what === 'fully') log.truncateFullyAndStartAt(1000)
          if (what === 'part') log.truncateTo(10)
          append(log, 2)
        } catch (e) {
          if (!disk.crashed) throw e
        }
        if (!disk.crashed) disk.crash(crash)
        const e = await start(disk.files())
        expect(e.offline().map(({ problem }) => problem.message)).toEqual([])
        const again = e.open(orders)
        expect(readToEnd(again)).toBe(again.logEndOffset)
        append(again, 2)
      }
    })
