import { describe, expect, test } from 'vitest'
import { bytes, diskWithLog, outcomes, texts } from './support.ts'

const code = (code: string) => expect.objectContaining({ code })
const powerLost = { keepCache: false } as const

describe('a full disk', () => {
  test('takes a part of a write, at most what fits, and says ENOSPC', () => {
    const left = outcomes((seed) => {
      const { disk, log } = diskWithLog('ab', seed, { capacityBytes: 4 })
      expect(() => log.write([bytes('cde')], 2)).toThrow(code('ENOSPC'))
      return texts(disk.snapshot())['/log']
    })
    expect(left).toEqual(['ab', 'abc', 'abcd'])
  })

  test('takes what does not make a file longer, and anything again once there is room', () => {
    const { disk, files, log } = diskWithLog('abcd', 1, { capacityBytes: 4 })
    log.write([bytes('ABCD')], 0)
    expect(() => files.create('/other')).toThrow(code('ENOSPC'))
    log.truncate(2)
    files.create('/other').write([bytes('xy')], 0)
    expect(texts(disk.snapshot())).toEqual({ '/log': 'AB', '/other': 'xy' })
    disk.capacityBytes = 5
    log.write([bytes('C')], 2)
  })
})

describe('a failed sync', () => {
  const failed = (seed: number) => {
    const made = diskWithLog('ab', seed)
    made.log.write([bytes('cd')], 2)
    made.disk.fail({ call: 'sync', path: /log/ })
    expect(() => made.log.sync()).toThrow(code('EIO'))
    return made
  }

  test('leaves nothing of what was unsynced after a loss of power, though it still reads', () => {
    const left = outcomes((seed) => {
      const { disk } = failed(seed)
      expect(texts(disk.snapshot())).toEqual({ '/log': 'abcd' })
      disk.crash(powerLost)
      return texts(disk.snapshot())['/log']
    })
    expect(left).toEqual(['ab'])
  })

  test('is not made good by the next, which succeeds and covers only what came after', () => {
    const { disk, log } = failed(1)
    log.write([bytes('ef')], 4)
    log.sync()
    expect(texts(disk.durable())).toEqual({ '/log': 'ab\0\0ef' })
  })

  test('of a directory loses the names, and the next one does not save them', () => {
    const { disk, files } = diskWithLog('')
    files.create('/a')
    disk.fail({ call: 'syncDirectory' })
    expect(() => files.syncDirectory('/')).toThrow(code('EIO'))
    files.syncDirectory('/')
    disk.crash({ ...powerLost, unsynced: 'everything' })
    expect(texts(disk.snapshot())).toEqual({ '/log': '' })
  })
})

describe('faults on demand', () => {
  test('hit the call, the path and the time they were asked for', () => {
    const { disk, files, log } = diskWithLog('')
    disk.fail({ call: 'write', path: /log$/, after: 1, times: 2 })
    const other = files.create('/other')
    other.write([bytes('a')], 0)
    log.write([bytes('a')], 0)
    expect(() => log.write([bytes('b')], 0)).toThrow(/EIO.*\/log/)
    other.write([bytes('a')], 0)
    expect(() => log.write([bytes('b')], 0)).toThrow(/EIO.*\/log/)
    log.write([bytes('c')], 0)
  })

  test('may be any call and any code', () => {
    const { disk, files, log } = diskWithLog('ab')
    disk.fail({ call: 'open', code: 'EMFILE' })
    expect(() => files.open('/log')).toThrow(code('EMFILE'))
    for (const call of ['read', 'rename', 'remove', 'create', 'makeDirectory', 'list'] as const) {
      disk.fail({ call })
    }
    expect(() => log.read(bytes('.'), 0)).toThrow(code('EIO'))
    expect(() => files.rename('/log', '/a')).toThrow(code('EIO'))
    expect(() => files.remove('/log')).toThrow(code('EIO'))
    expect(() => files.create('/a')).toThrow(code('EIO'))
    expect(() => files.makeDirectory('/a')).toThrow(code('EIO'))
    expect(() => files.list('/')).toThrow(code('EIO'))
    expect(texts(disk.snapshot())).toEqual({ '/log': 'ab' })
  })

  test('a failed write may have been done in part, or whole', () => {
    const left = outcomes((seed) => {
      const { disk, log } = diskWithLog('', seed)
      disk.fail({ call: 'write' })
      expect(() => log.write([bytes('ab')], 0)).toThrow(code('EIO'))
      return texts(disk.snapshot())['/log']
    })
    expect(left).toEqual(['', 'a', 'ab'])
  })
})

test('faults by seed come as often as asked for, at the same calls for the same seed', () => {
  const run = (seed: number) => {
    const { disk, log } = diskWithLog('', seed)
    disk.odds = { write: 10 }
    return Array.from({ length: 500 }, () => {
      try {
        log.write([bytes('a')], 0)
        return '.'
      } catch {
        return 'x'
      }
    }).join('')
  }
  expect(run(1)).toBe(run(1))
  expect(run(1)).not.toBe(run(2))
  const failures = run(3).replaceAll('.', '').length
  expect(failures).toBeGreaterThan(25)
  expect(failures).toBeLessThan(90)
})

test('a short write succeeds, and may lose its beginning and keep its end', () => {
  const left = outcomes((seed) => {
    const { disk, log } = diskWithLog('', seed, { odds: { shortWrite: 1 } })
    log.write([bytes('ab')], 0)
    expect(texts(disk.snapshot())).toEqual({ '/log': 'ab' })
    disk.crash(powerLost)
    return texts(disk.snapshot())['/log']
  }, 1_000)
  expect(left).toContain('\0b')
})

describe('rot', () => {
  test('turns one bit of what is durable, and is seen at once', () => {
    const { disk, files } = diskWithLog('aaa')
    disk.flipBit('/log', 1, 1)
    expect(Buffer.from(files.readFile('/log') as Uint8Array).toString()).toBe('aca')
    expect(texts(disk.durable())).toEqual({ '/log': 'aca' })
  })

  test('is hidden by what was written over it, and gone once that is synced', () => {
    const { disk, log } = diskWithLog('aaa')
    log.write([bytes('x')], 1)
    disk.flipBit('/log', 1, 1)
    expect(texts(disk.snapshot())).toEqual({ '/log': 'axa' })
    expect(texts(disk.durable())).toEqual({ '/log': 'aca' })
    log.sync()
    expect(texts(disk.durable())).toEqual({ '/log': 'axa' })
  })

  test('by seed hits a file that matches, and says where', () => {
    const { disk, files } = diskWithLog('\0\0\0\0')
    files.create('/empty').sync()
    expect(disk.flipSomeBit(/empty/)).toBeUndefined()
    const { path, at } = disk.flipSomeBit() as { path: string; at: number }
    expect(path).toBe('/log')
    const content = disk.durable().get('/log') as Uint8Array
    expect([...content.keys()].filter((index) => content[index] !== 0)).toEqual([at])
  })
})

describe('a sync taken away', () => {
  const flush = (log: { sync(): void }) => log.sync()

  test.each([
    { by: 'its path', isDropped: ({ path }: { path: string }) => path === '/log' },
    { by: 'its number', isDropped: ({ number }: { number: number }) => number === 3 },
    {
      by: 'who asked for it',
      isDropped: ({ callers }: { callers: readonly string[] }) =>
        callers[0] === 'flush test/sim/disk/faults.test.ts',
    },
  ])('by $by says that it succeeded and does nothing', ({ isDropped }) => {
    const { disk, log } = diskWithLog('')
    disk.dropSyncs(isDropped)
    log.write([bytes('a')], 0)
    flush(log)
    expect(texts(disk.durable())).toEqual({ '/log': '' })
    disk.dropSyncs(() => false)
    flush(log)
    expect(texts(disk.durable())).toEqual({ '/log': 'a' })
  })

  test('may be one of a directory, or a later one', async () => {
    const { disk, files, log } = diskWithLog('')
    disk.dropSyncs(({ call, callers }) => call === 'syncDirectory' || callers.length > 0)
    files.create('/a')
    files.syncDirectory('/')
    log.write([bytes('a')], 0)
    await log.syncLater()
    expect(texts(disk.durable())).toEqual({ '/log': '' })
  })
})
