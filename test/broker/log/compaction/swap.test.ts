import { expect, test } from 'vitest'
import { recoverSwaps, swapSegments } from '../../../../broker/log/compaction/swap.ts'
import { segmentFileName } from '../../../../broker/log/names.ts'
import { buildBatch } from '../../../../broker/protocol/records/build.ts'
import { type Crash, SimulatedDisk } from '../../../sim/disk/simulated-disk.ts'

const directory = '/data/orders-0'
const bytesOf = (...ranges: [number, number][]) =>
  Buffer.concat(ranges.map(([baseOffset, count]) => batchAt(baseOffset, count)))

function batchAt(baseOffset: number, count: number): Uint8Array {
  const record = { timestamp: 1_000, key: Buffer.from('key'), value: Buffer.from('value') }
  return buildBatch({ records: Array.from({ length: count }, () => record), baseOffset })
}

/** Segments 0, 10 and 20 of a log, of which the first two are to become others. */
const old = {
  '0.log': bytesOf([0, 5], [5, 5]),
  '0.index': Buffer.from('old index 0'),
  '0.timeindex': Buffer.from('old times 0'),
  '0.txnindex': Buffer.from('old aborted 0'),
  '0.snapshot': Buffer.from('producers'),
  '10.log': bytesOf([10, 4], [14, 6]),
  '10.timeindex': Buffer.from('old times 10'),
  '20.log': bytesOf([20, 3]),
}
const others = { '0.snapshot': old['0.snapshot'], '20.log': old['20.log'] }
const one = {
  '0.log': bytesOf([5, 5], [14, 6]),
  '0.timeindex': Buffer.from('new times 0'),
}
const two = {
  '0.log': bytesOf([2, 3], [7, 5]),
  '0.index': Buffer.from('new index 0'),
  '0.timeindex': Buffer.from('new times 0'),
  '12.log': bytesOf([14, 6]),
  '12.timeindex': Buffer.from('new times 12'),
  '12.txnindex': Buffer.from('new aborted 12'),
}

const crashes: Crash[] = [
  { keepCache: true },
  { keepCache: false, unsynced: 'nothing' },
  { keepCache: false, unsynced: 'everything' },
  { keepCache: false, unsynced: 'chance' },
]

test.each([
  ['one segment', one, [0]],
  ['two segments', two, [0, 12]],
] as const)('a crash anywhere in a swap to %s leaves all old or all new', (_, fresh, added) => {
  const seen = new Set<string>()
  for (const crash of crashes) {
    for (let seed = 1; seed <= (crash.keepCache ? 1 : 15); seed++) {
      for (let call = 1; call <= 40; call++) {
        const disk = prepared(seed, fresh)
        disk.crashAtCall(disk.calls + call, crash)
        run(() => swapSegments(disk.files(), directory, { removed: [0, 10], added }))
        if (!disk.crashed) disk.crash(crash)
        // One more crash while it is recovered.
        disk.crashAtCall(disk.calls + 1 + ((call * seed) % 12), crash)
        run(() => recoverSwaps(disk.files(), directory))
        if (!disk.crashed) disk.crash(crash)
        recoverSwaps(disk.files(), directory)
        seen.add(expectOldOrNew(disk, fresh))
        disk.crash({ keepCache: false, unsynced: 'nothing' })
        recoverSwaps(disk.files(), directory)
        expectOldOrNew(disk, fresh)
      }
    }
  }
  expect([...seen].sort()).toEqual(['new', 'old'])
})

test('a swap that returned is durable, and needs nothing of recovery', () => {
  for (const fresh of [one, two]) {
    const disk = prepared(1, fresh)
    const added = fresh === one ? [0] : [0, 12]
    swapSegments(disk.files(), directory, { removed: [0, 10], added })
    disk.crash({ keepCache: false, unsynced: 'nothing' })
    expect(expectOldOrNew(disk, fresh)).toBe('new')
  }
})

test('each sync of a swap is needed', () => {
  for (const drop of [1, 2, 3, 4, 5, 6]) {
    const broken = (() => {
      for (let seed = 1; seed <= 400; seed++) {
        for (let call = 1; call <= 30; call++) {
          const disk = prepared(seed, two)
          let syncs = 0
          disk.dropSyncs(() => ++syncs === drop)
          disk.crashAtCall(disk.calls + call, { keepCache: false, unsynced: 'chance' })
          run(() => swapSegments(disk.files(), directory, { removed: [0, 10], added: [0, 12] }))
          const returned = !disk.crashed
          if (returned) disk.crash({ keepCache: false, unsynced: 'chance' })
          const before = namesOf(disk)
          run(() => recoverSwaps(disk.files(), directory))
          const found = verdict(disk, two)
          // After it has returned, nothing may be left to do.
          if (found === 'neither' || (returned && before.some((name) => name.endsWith('.swap')))) {
            return true
          }
        }
      }
      return false
    })()
    expect([drop, broken]).toEqual([drop, true])
  }
})

test('a directory that has nothing to recover is not written to', () => {
  const disk = prepared(1, {})
  const { calls } = disk
  recoverSwaps(disk.files(), directory)
  recoverSwaps(disk.files(), '/data/none-0')
  expect(disk.calls).toBe(calls)
})

test('segments that Kafka was about to delete are removed', () => {
  const disk = prepared(1, {})
  const file = disk.files().create(`${directory}/${segmentFileName(3, 'log')}.deleted`)
  file.close()
  recoverSwaps(disk.files(), directory)
  expect(verdict(disk, one)).toBe('old')
})

function prepared(seed: number, fresh: Record<string, Uint8Array>): SimulatedDisk {
  const disk = new SimulatedDisk(seed)
  const files = disk.files()
  files.makeDirectory(directory)
  for (const path of ['/', '/data']) files.syncDirectory(path)
  const write = (contents: Record<string, Uint8Array>, suffix: string) => {
    for (const [name, bytes] of Object.entries(contents)) {
      const [base, kind] = name.split('.') as [string, 'log']
      const file = files.create(`${directory}/${segmentFileName(Number(base), kind)}${suffix}`)
      file.write([bytes], 0)
      file.sync()
      file.close()
    }
  }
  write(old, '')
  files.syncDirectory(directory)
  write(fresh, '.cleaned') // whose names are not durable
  return disk
}

function run(act: () => void): void {
  try {
    act()
  } catch (error) {
    expect((error as Error).name).toBe('Crashed')
  }
}

function namesOf(disk: SimulatedDisk): string[] {
  return [...disk.snapshot().keys()]
}

function expectOldOrNew(disk: SimulatedDisk, fresh: Record<string, Uint8Array>): string {
  const found = verdict(disk, fresh)
  expect([found, ...(found === 'neither' ? namesOf(disk) : [])]).toEqual([
    expect.not.stringMatching('neither'),
  ])
  return found
}

function verdict(disk: SimulatedDisk, fresh: Record<string, Uint8Array>): string {
  const found = disk.snapshot()
  const isThere = (contents: Record<string, Uint8Array>) =>
    found.size === Object.keys(contents).length &&
    Object.entries(contents).every(([name, bytes]) => {
      const [base, kind] = name.split('.') as [string, 'log']
      const there = found.get(`${directory}/${segmentFileName(Number(base), kind)}`)
      return there !== undefined && Buffer.compare(there, bytes) === 0
    })
  if (isThere(old)) return 'old'
  return isThere({ ...fresh, ...others }) ? 'new' : 'neither'
}
