import { expect, test } from 'vitest'
import { compactLog } from '../../../broker/log/compact-log.ts'
import { OffsetMap } from '../../../broker/log/compaction/offset-map.ts'
import type { PartitionLog } from '../../../broker/log/partition-log.ts'
import type { Files } from '../../../lib/files.ts'
import { SimulatedDisk } from '../../sim/disk/simulated-disk.ts'
import { batchAt, openAt, servicesOn, smallConfig, write } from './log-support.ts'

const directory = '/data/orders-0'
const config = { ...smallConfig, isCompacted: true }

/** Whatever changes a log. */
const changes: Record<string, (log: PartitionLog, files: Files) => Promise<unknown>> = {
  'an append': (log) => write(log, [batchAt(log.logEndOffset, 1)], 0),
  'an append that begins a segment': (log) => write(log, [batchAt(log.logEndOffset, 40)], 0),
  'a new segment': (log) => log.roll(),
  'a cut': (log) => log.truncateTo(log.logEndOffset - 1),
  'a cut of all': (log) => log.truncateFullyAndStartAt(1_000),
  'a start that moves': (log) => log.moveStartTo(log.activeBaseOffset),
  'a cleaning': (log, files) =>
    compactLog(log, {
      files,
      map: new OffsetMap({ sizeBytes: 10_000, hashKey: new Uint8Array(16).fill(7) }),
      cleanedEndOffset: undefined,
      lastStableOffset: log.logEndOffset,
      nowMs: 10_000,
      force: true,
      pause: async () => {},
      isCancelled: () => false,
    }),
}

test.each(Object.entries(changes))(
  'what a process that was killed left is durable before the next one changes anything: %s',
  async (_, change) => {
    const disk = new SimulatedDisk(1)
    const first = openAt(directory, servicesOn(disk.files()), { config })
    for (let offset = 0; offset < 195; offset += 5) await write(first, [batchAt(offset, 5)], 0)
    await first.flush()
    const { flushedEndOffset } = first
    disk.crash({ keepCache: true })

    const { files, calls } = noted(disk.files())
    const log = openAt(directory, servicesOn(files), { config, flushedEndOffset })
    expect(calls, 'nothing has to be recovered').toEqual([])
    const active = log.segmentList.at(-1)?.path
    await change(log, files)
    expect(calls.slice(0, 2)).toEqual([`sync ${active}`, `sync ${directory}`])
    expect(calls.slice(2).some((call) => !call.startsWith('sync '))).toBe(true)
  },
)

/** Files whose calls that change the disk are noted, or make it durable. */
function noted(files: Files): { files: Files; calls: string[] } {
  const calls: string[] = []
  const noting = <T extends object>(own: T, pathOf: (args: unknown[]) => string): T =>
    new Proxy(own, {
      get: (_, name: string) => {
        const member: unknown = Reflect.get(own, name)
        if (typeof member !== 'function') return member
        return (...args: unknown[]) => {
          const path = pathOf(args)
          const isChange = /^(write|truncate|rename|remove)/.test(name)
          if (isChange || name.startsWith('sync')) calls.push(`${isChange ? name : 'sync'} ${path}`)
          const result: unknown = member.apply(own, args)
          const isOpened = name === 'open' || name === 'create'
          return isOpened ? noting(result as object, () => path) : result
        }
      },
    })
  return { files: noting(files, ([path]) => String(path)), calls }
}
