import { expect, test } from 'vitest'
import { bytes, diskWithLog, outcomes, texts } from './support.ts'

const held = { later: 'held' } as const
const killed = { keepCache: true } as const

/** Whether a promise settles while all that can happen does. */
async function settles(promise: Promise<unknown>): Promise<boolean> {
  const turn = new Promise((resolve) => setImmediate(resolve, 'never'))
  return (await Promise.race([promise.then(() => 'settled'), turn])) === 'settled'
}

test('what is asked for later happens after the call, on its own', async () => {
  const { disk, log } = diskWithLog('')
  const written = log.writeLater([bytes('ab'), bytes('c')], 0)
  await log.syncLater()
  await written
  const into = bytes('....')
  expect(await log.readLater(into, 1)).toBe(2)
  expect(into.toString()).toBe('bc..')
  expect(texts(disk.snapshot())).toEqual({ '/log': 'abc' })
})

test('held, nothing happens until the test says so, in order or one by one', async () => {
  const { disk, log } = diskWithLog('', 1, held)
  const first = log.writeLater([bytes('a')], 0)
  const second = log.writeLater([bytes('b')], 1)
  expect(await settles(first)).toBe(false)
  expect(disk.inFlight).toBe(2)
  disk.settle(1)
  await second
  expect(texts(disk.snapshot())).toEqual({ '/log': '\0b' })
  disk.settle()
  await first
  expect(texts(disk.snapshot())).toEqual({ '/log': 'ab' })
})

test('a later sync covers what was written before it was asked for, and no more', async () => {
  const { disk, log } = diskWithLog('', 1, held)
  log.write([bytes('a')], 0)
  const synced = log.syncLater()
  log.write([bytes('b')], 1)
  disk.settle()
  await synced
  expect(texts(disk.durable())).toEqual({ '/log': 'a' })
})

test('a later write that had not happened is not covered by a sync asked for behind it', () => {
  const { disk, log } = diskWithLog('', 1, held)
  void log.writeLater([bytes('a')], 0)
  void log.syncLater()
  disk.settle()
  expect(texts(disk.durable())).toEqual({ '/log': '' })
})

test('a later call fails by its promise', async () => {
  const { disk, log } = diskWithLog('a')
  for (const call of ['read', 'write', 'sync'] as const) disk.fail({ call })
  await expect(log.readLater(bytes('.'), 0)).rejects.toThrow(/EIO.*\/log/)
  await expect(log.writeLater([bytes('b')], 0)).rejects.toThrow(/EIO.*\/log/)
  await expect(log.syncLater()).rejects.toThrow(/EIO.*\/log/)
  log.close()
  await expect(log.syncLater()).rejects.toThrow('a file that was closed')
})

test('a later sync that fails drops what it would have covered, and not what came after', async () => {
  const { disk, log } = diskWithLog('', 1, held)
  disk.fail({ call: 'sync' })
  log.write([bytes('a')], 0)
  const synced = log.syncLater()
  log.write([bytes('b')], 1)
  disk.settle()
  await expect(synced).rejects.toThrow('EIO')
  log.sync()
  expect(texts(disk.durable())).toEqual({ '/log': '\0b' })
})

test('what was in flight at a crash happened, in part or not at all, and nobody is told', async () => {
  const pending: Promise<void>[] = []
  const left = outcomes((seed) => {
    const { disk, log } = diskWithLog('', seed, held)
    pending.push(log.writeLater([bytes('ab')], 0))
    disk.crash(killed)
    disk.settle()
    return texts(disk.snapshot())['/log']
  })
  expect(left).toEqual(['', 'a', 'ab'])
  expect(await settles(Promise.any(pending))).toBe(false)
})

test('a sync in flight at a loss of power may have happened', () => {
  const left = outcomes((seed) => {
    const { disk, log } = diskWithLog('', seed, held)
    log.write([bytes('a')], 0)
    void log.syncLater()
    disk.crash({ keepCache: false, unsynced: 'nothing' })
    return texts(disk.snapshot())['/log']
  })
  expect(left).toEqual(['', 'a'])
})

test('a dead process gets a promise of its own for each call, which never settles', async () => {
  const { disk, log } = diskWithLog('a')
  disk.crash(killed)
  const calls = [
    log.readLater(bytes('.'), 0),
    log.writeLater([bytes('b')], 0),
    log.syncLater(),
    log.syncLater(),
  ]
  expect(new Set(calls).size).toBe(4)
  expect(await settles(Promise.any(calls))).toBe(false)
  expect(texts(disk.snapshot())).toEqual({ '/log': 'a' })
})

test('a crash at a later call does not unwind the caller: it goes on to its next await', async () => {
  const { disk, log } = diskWithLog('a')
  disk.crashAtCall(disk.calls + 1, killed)
  const written = log.writeLater([bytes('b')], 0)
  expect(disk.crashed).toBe(true)
  expect(() => log.sync()).toThrow('this process has crashed')
  expect(await settles(written)).toBe(false)
})
