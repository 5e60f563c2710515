import { expect, test } from 'vitest'
import { comeBack } from '../../broker/come-back.ts'
import type { DataDirectory } from '../../broker/log/data-directory/data-directory.ts'
import type { SimulatedDisk } from '../sim/disk/simulated-disk.ts'
import {
  append,
  carts,
  newDisk,
  orders,
  path,
  start,
  stopped,
} from './log/data-directory/support.ts'

const here = { bootId: 'here', device: '1' }
const rebooted = { bootId: 'here, later', device: '1' }
const killed = { keepCache: true } as const
const powerLoss = { keepCache: false, unsynced: 'nothing' } as const

/** A broker was registered, and wrote three batches that nobody flushed, of which two are committed. */
async function registered(): Promise<SimulatedDisk> {
  const { disk, files } = newDisk()
  const directory = await start(files)
  directory.standOn(here)
  await append(directory.open(orders), 3)
  directory.setCheckpoint('replication-offset-checkpoint', orders, 4)
  await directory.writeHighWatermarksLater()
  return disk
}

/** The next process, as far as it gets before it is registered. */
async function next(disk: SimulatedDisk, now: typeof here | undefined) {
  const directory = await start(disk.files())
  const lines: string[] = []
  const line = (level: string) => (message: string) => void lines.push(`${level}: ${message}`)
  const how = comeBack(directory, now, { info: line('info'), warn: line('warn') })
  return { directory, how, lines }
}

async function howIt(disk: SimulatedDisk, now = here) {
  return (await next(disk, now)).how
}

function endOfOrders(directory: DataDirectory): number | undefined {
  return directory.get(orders)?.logEndOffset
}

test('a broker that was killed has all that it wrote, and from then on durably', async () => {
  const disk = await registered()
  disk.crash(killed)
  const { how, lines, directory } = await next(disk, here)
  expect([how, lines, endOfOrders(directory)]).toEqual([
    'crashed',
    ['info: it crashed: all that it wrote is there'],
    6,
  ])
  disk.crash(powerLoss)
  expect(endOfOrders((await next(disk, rebooted)).directory)).toBe(6)
})

test('one whose machine lost its power may have lost something', async () => {
  const disk = await registered()
  disk.crash(powerLoss)
  const { how, lines } = await next(disk, rebooted)
  expect([how, lines]).toEqual([
    'unflushed-lost',
    [
      'warn: the power was lost, or this is another machine or disk: what was not flushed may be gone',
    ],
  ])
})

test('so may one whose directory was copied to another machine while it ran', async () => {
  const disk = await registered()
  disk.crash(killed)
  expect(await howIt(disk, { ...here, bootId: 'another' })).toBe('unflushed-lost')
})

test('so may one whose directory was copied to another disk', async () => {
  const disk = await registered()
  disk.crash(killed)
  expect(await howIt(disk, { ...here, device: '2' })).toBe('unflushed-lost')
})

test('so may one on a system that does not say where it is', async () => {
  const disk = await registered()
  disk.crash(killed)
  expect((await next(disk, undefined)).how).toBe('unflushed-lost')
})

test('one that was stopped in order is clean after a loss of power too', async () => {
  const disk = await registered()
  disk.crash(killed)
  await (await next(disk, here)).directory.stop(stopped)
  disk.crash(powerLoss)
  const { how, lines } = await next(disk, rebooted)
  expect([how, lines]).toEqual(['clean', ['info: it was stopped in order']])
})

test('a directory that is new says nothing', async () => {
  const { disk } = newDisk()
  expect((await next(disk, here)).lines).toEqual([])
})

test('whoever wrote before grounds were kept may have lost something', async () => {
  const { disk, files } = newDisk()
  await append((await start(files)).open(orders), 1)
  disk.crash(killed)
  expect(await howIt(disk)).toBe('unflushed-lost')
})

test('who was killed again before it was registered has lost no less', async () => {
  const disk = await registered()
  disk.crash(powerLoss)
  expect(await howIt(disk, rebooted)).toBe('unflushed-lost')
  disk.crash(killed)
  expect(await howIt(disk, rebooted)).toBe('unflushed-lost')
})

test('who stopped in order before it was registered has lost no less', async () => {
  const disk = await registered()
  disk.crash(powerLoss)
  const { directory } = await next(disk, rebooted)
  await directory.stop({ brokerEpoch: -1 })
  disk.crash(killed)
  expect(await howIt(disk, rebooted)).toBe('unflushed-lost')
})

test('who stopped in order before it was registered, and had all, has all', async () => {
  const disk = await registered()
  disk.crash(killed)
  await (await next(disk, here)).directory.stop({ brokerEpoch: -1 })
  disk.crash(killed)
  expect(await howIt(disk)).toBe('crashed')
})

test('once it was registered what came before does not count', async () => {
  const disk = await registered()
  disk.crash(powerLoss)
  const { directory } = await next(disk, rebooted)
  directory.standOn(rebooted)
  await directory.writeHighWatermarksLater()
  disk.crash(killed)
  expect(await howIt(disk, rebooted)).toBe('crashed')
})

test('a log that ends before what was committed is lost', async () => {
  const disk = await registered()
  const directory = await start(disk.files())
  await directory.get(orders)?.truncateTo(2)
  disk.crash(killed)
  expect(await howIt(disk)).toBe('unflushed-lost')
})

test('a log that cannot be trusted is lost', async () => {
  const disk = await registered()
  const directory = await start(disk.files())
  await append(directory.open(carts), 1)
  await directory.get(carts)?.flush()
  directory.writeCheckpoints()
  disk.flipBit(`${path}/carts-0/00000000000000000000.log`, 100)
  disk.crash(killed)
  expect(await howIt(disk)).toBe('unflushed-lost')
})

test('a log that somebody removed is lost, and stays so until the broker is registered', async () => {
  const disk = await registered()
  disk.crash(killed)
  disk.files().removeDirectory(`${path}/orders-0`)
  expect(await howIt(disk)).toBe('unflushed-lost')
  disk.crash(killed)
  const { directory, how } = await next(disk, here)
  expect(how).toBe('unflushed-lost')
  directory.standOn(here)
  disk.crash(killed)
  expect(await howIt(disk)).toBe('crashed')
})

test('a log that did not get to the disk once is lost, though the next sync succeeds', async () => {
  const disk = await registered()
  disk.crash(killed)
  disk.fail({ call: 'sync', path: /orders-0/, code: 'EIO' })
  expect(await howIt(disk)).toBe('unflushed-lost')
  disk.crash(killed)
  expect(await howIt(disk)).toBe('unflushed-lost')
})
