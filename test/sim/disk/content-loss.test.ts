import { describe, expect, test } from 'vitest'
import { SimulatedDisk } from './simulated-disk.ts'
import { bytes, diskWithLog, outcomes, texts } from './support.ts'

const powerLost = { keepCache: false } as const

/** What is left of `/log` after a loss of power, over many seeds. */
const leftOf = (content: string, change: (log: ReturnType<typeof diskWithLog>['log']) => void) =>
  outcomes((seed) => {
    const { disk, log } = diskWithLog(content, seed)
    change(log)
    disk.crash(powerLost)
    return texts(disk.snapshot())['/log'] as string
  })

test('what was synced survives a loss of power', () => {
  expect(leftOf('kept', () => {})).toEqual(['kept'])
})

test('a process that is killed loses nothing of what it wrote, but it is not durable by that', () => {
  const { disk, log } = diskWithLog('ab')
  log.write([bytes('cd')], 2)
  disk.crash({ keepCache: true })
  expect(texts(disk.snapshot())).toEqual({ '/log': 'abcd' })
  disk.crash({ ...powerLost, unsynced: 'nothing' })
  expect(texts(disk.snapshot())).toEqual({ '/log': 'ab' })
})

test('unsynced writes can be told to survive all, or none', () => {
  for (const [unsynced, left] of [
    ['everything', 'abcd'],
    ['nothing', 'ab'],
  ] as const) {
    const { disk, log } = diskWithLog('ab')
    log.write([bytes('cd')], 2)
    disk.crash({ ...powerLost, unsynced })
    expect(texts(disk.snapshot())).toEqual({ '/log': left })
  }
})

test('a write may be lost, whole, torn at any byte, or zeros in its full length', () => {
  const left = leftOf('-', (log) => log.write([bytes('abc')], 1))
  expect(left).toEqual(['-', '-\0\0\0', '-a', '-ab', '-abc'])
})

test('a write over what was there leaves the old bytes where it is torn or lost', () => {
  expect(leftOf('ABC', (log) => log.write([bytes('abc')], 0))).toEqual(['ABC', 'aBC', 'abC', 'abc'])
})

test('a later write may survive an earlier one, and the hole before it is zeros', () => {
  const left = leftOf('', (log) => {
    log.write([bytes('a')], 0)
    log.write([bytes('b')], 1)
  })
  expect(left).toEqual(expect.arrayContaining(['', 'a', '\0b', 'ab', '\0', '\0\0']))
})

test('a large write may lose any of its sectors, which lie at multiples of 512', () => {
  const left = outcomes((seed) => {
    const { disk, log } = diskWithLog('-'.repeat(1_500), seed)
    log.write([bytes('x'.repeat(1_400))], 100)
    disk.crash(powerLost)
    const content = texts(disk.snapshot())['/log'] as string
    const sectors = [content.slice(100, 512), content.slice(512, 1024), content.slice(1024, 1500)]
    return sectors.map((sector) => (/^x*$/.test(sector) ? 'x' : '.')).join('')
  })
  expect(left).toEqual(expect.arrayContaining(['...', '..x', '.x.', '.xx', 'x.x', 'xxx']))
})

test('a truncation may be lost, and the write behind it not', () => {
  const left = leftOf('abcd', (log) => {
    log.truncate(1)
    log.write([bytes('X')], 1)
  })
  expect(left).toEqual(expect.arrayContaining(['abcd', 'aX', 'aXcd', 'a']))
})

test('a sync covers the file it is asked of and no other', () => {
  const { disk, files, log } = diskWithLog('')
  const other = files.create('/other')
  files.syncDirectory('/')
  log.write([bytes('a')], 0)
  other.write([bytes('b')], 0)
  log.sync()
  expect(texts(disk.durable())).toEqual({ '/log': 'a', '/other': '' })
})

test('bytes the caller changes after a write do not change what was written', () => {
  const { disk, log } = diskWithLog('')
  const buffer = bytes('ab')
  log.write([buffer], 0)
  buffer.fill(0)
  log.sync()
  expect(texts(disk.durable())).toEqual({ '/log': 'ab' })
})

describe('the same seed', () => {
  const run = (seed: number) => {
    const disk = new SimulatedDisk(seed)
    const files = disk.files()
    for (let index = 0; index < 20; index++) {
      const file = files.create(`/${index % 5}`)
      file.write([bytes(`${index}`.repeat(400))], index * 100)
      if (index % 7 === 0) files.syncDirectory('/')
    }
    disk.crash(powerLost)
    return texts(disk.snapshot())
  }

  test('gives the same losses', () => {
    for (let seed = 0; seed < 20; seed++) expect(run(seed)).toEqual(run(seed))
  })

  test('and others give others', () => {
    expect(outcomes(run, 50).length).toBeGreaterThan(25)
  })
})
