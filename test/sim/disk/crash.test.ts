import { describe, expect, test } from 'vitest'
import type { Files } from '../../../lib/files.ts'
import { Crashed } from './errors.ts'
import { SimulatedDisk } from './simulated-disk.ts'
import { bytes, diskWithLog, outcomes, texts } from './support.ts'

const killed = { keepCache: true } as const

test('every call of a dead process throws, and its successor works', () => {
  const { disk, files, log } = diskWithLog('ab')
  disk.crash(killed)
  expect(disk.crashed).toBe(true)
  const calls: (() => unknown)[] = [
    () => files.list('/'),
    () => files.readFile('/log'),
    () => files.open('/log'),
    () => files.create('/log'),
    () => files.create('/new'),
    () => files.makeDirectory('/'),
    () => files.rename('/log', '/new'),
    () => files.remove('/none'),
    () => files.removeDirectory('/none'),
    () => files.syncDirectory('/'),
    () => log.sizeBytes(),
    () => log.read(bytes('..'), 0),
    () => log.write([bytes('x')], 0),
    () => log.truncate(0),
    () => log.sync(),
    () => log.close(),
  ]
  for (const call of calls) expect(call).toThrow(Crashed)
  expect(texts(disk.snapshot())).toEqual({ '/log': 'ab' })
  expect(Buffer.from(disk.files().readFile('/log') as Uint8Array).toString()).toBe('ab')
  expect(disk.crashed).toBe(false)
})

describe('a crash at the n-th call', () => {
  const story = (files: Files) => {
    files.makeDirectory('/d')
    const file = files.create('/d/a')
    file.write([bytes('abc')], 0)
    file.sync()
    files.rename('/d/a', '/d/b')
    files.syncDirectory('/d')
    file.truncate(1)
    files.remove('/d/b')
    files.removeDirectory('/d')
  }

  test('can be made at every call that changes the disk, and at no other', () => {
    const whole = new SimulatedDisk(1)
    story(whole.files())
    expect(whole.calls).toBe(9)
    for (let call = 1; call <= whole.calls; call++) {
      const disk = new SimulatedDisk(1)
      disk.crashAtCall(call, killed)
      expect(() => story(disk.files())).toThrow(Crashed)
      expect(disk.calls).toBe(call)
      expect(disk.crashed).toBe(true)
    }
    const disk = new SimulatedDisk(1)
    disk.crashAtCall(whole.calls + 1, killed)
    story(disk.files())
    expect(disk.crashed).toBe(false)
  })

  test('may leave a part of the write it was in', () => {
    const left = outcomes((seed) => {
      const { disk, log } = diskWithLog('', seed)
      disk.crashAtCall(disk.calls + 1, killed)
      expect(() => log.write([bytes('a'), bytes('bc')], 0)).toThrow(Crashed)
      return texts(disk.snapshot())['/log']
    })
    expect(left).toEqual(['', 'a', 'ab', 'abc'])
  })

  test('may come before a truncation or after it', () => {
    const left = outcomes((seed) => {
      const { disk, log } = diskWithLog('ab', seed)
      disk.crashAtCall(disk.calls + 1, killed)
      expect(() => log.truncate(1)).toThrow(Crashed)
      return texts(disk.snapshot())['/log']
    })
    expect(left).toEqual(['a', 'ab'])
  })

  test('leaves a directory that was being removed with some of its files', () => {
    const left = outcomes((seed) => {
      const disk = new SimulatedDisk(seed)
      const files = disk.files()
      files.makeDirectory('/d')
      for (const name of ['a', 'b']) files.create(`/d/${name}`)
      disk.crashAtCall(disk.calls + 2, killed)
      expect(() => files.removeDirectory('/d')).toThrow(Crashed)
      return [...disk.snapshot().keys()]
    })
    expect(left).toEqual([['/d/a'], ['/d/b']])
  })
})

test('names come in no order, since a disk gives them in none', () => {
  const disk = new SimulatedDisk(1)
  const files = disk.files()
  for (const name of ['a', 'b', 'c']) files.create(`/${name}`)
  expect(outcomes(() => files.list('/'), 100).length).toBe(6)
})
