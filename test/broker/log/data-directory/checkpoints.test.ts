import { expect, test } from 'vitest'
import { Checkpoints } from '../../../../broker/log/data-directory/checkpoints.ts'
import { replaceFile, writeFile } from '../../../../lib/replace-file.ts'
import { SimulatedDisk } from '../../../sim/disk/simulated-disk.ts'
import { newDisk, path } from './support.ts'

const recovery = 'recovery-point-offset-checkpoint'
const orders = { topic: 'orders', partition: 0 }
const carts = { topic: 'carts-2', partition: 11 }

function withCheckpoints() {
  const { disk, files } = newDisk()
  files.makeDirectory(path)
  for (const directory of ['/', '/data']) files.syncDirectory(directory)
  return { disk, files, checkpoints: new Checkpoints(files, path) }
}

test('what was written is there again', () => {
  const { files, checkpoints } = withCheckpoints()
  checkpoints.set(recovery, orders, 12)
  checkpoints.set(recovery, carts, 7)
  checkpoints.set('cleaner-offset-checkpoint', carts, 5)
  checkpoints.writeAll()
  const again = new Checkpoints(files, path)
  expect(again.get(recovery, orders)).toBe(12)
  expect(again.get(recovery, carts)).toBe(7)
  expect(again.get('cleaner-offset-checkpoint', carts)).toBe(5)
  expect(again.get('replication-offset-checkpoint', carts)).toBeUndefined()
  expect(again.partitions()).toEqual([orders, carts])
})

test('an offset is lowered durably, and never raised by that', () => {
  const { disk, checkpoints } = withCheckpoints()
  checkpoints.set(recovery, orders, 12)
  checkpoints.write(recovery)
  checkpoints.lower(recovery, orders, 20)
  checkpoints.lower(recovery, orders, 5)
  disk.crash({ keepCache: false, unsynced: 'nothing' })
  expect(new Checkpoints(disk.files(), path).get(recovery, orders)).toBe(5)
})

test('what could not be lowered because the disk failed is lowered by the next write', () => {
  const { disk, files, checkpoints } = withCheckpoints()
  checkpoints.set(recovery, orders, 12)
  checkpoints.write(recovery)
  disk.fail({ call: 'rename', path: /recovery/, code: 'EIO' })
  expect(() => checkpoints.lower(recovery, orders, 5)).toThrow(
    expect.objectContaining({ problem: 'DiskFailed' }),
  )
  checkpoints.write(recovery)
  expect(new Checkpoints(files, path).get(recovery, orders)).toBe(5)
})

test('a partition is forgotten in all of them, durably', () => {
  const { disk, checkpoints } = withCheckpoints()
  for (const kind of [recovery, 'replication-offset-checkpoint'] as const) {
    checkpoints.set(kind, orders, 12)
    checkpoints.set(kind, carts, 1)
  }
  checkpoints.writeAll()
  checkpoints.forget(orders)
  disk.crash({ keepCache: false, unsynced: 'nothing' })
  expect(new Checkpoints(disk.files(), path).partitions()).toEqual([carts])
})

test('who asks while it is written shares the next write, which has all that was set', async () => {
  const { disk, checkpoints } = withCheckpoints()
  checkpoints.set(recovery, orders, 12)
  const first = checkpoints.writeLater(recovery)
  checkpoints.set(recovery, orders, 13)
  const second = checkpoints.writeLater(recovery)
  checkpoints.set(recovery, carts, 7)
  expect(checkpoints.writeLater(recovery)).toBe(second)
  await Promise.all([first, second])
  disk.crash({ keepCache: false, unsynced: 'nothing' })
  const again = new Checkpoints(disk.files(), path)
  expect([again.get(recovery, orders), again.get(recovery, carts)]).toEqual([13, 7])
})

test('a write that failed does not keep the next from being tried', async () => {
  const { disk, files, checkpoints } = withCheckpoints()
  checkpoints.set(recovery, orders, 12)
  disk.fail({ call: 'rename', path: /recovery/, code: 'EIO' })
  const first = checkpoints.writeLater(recovery)
  const second = checkpoints.writeLater(recovery)
  await expect(first).rejects.toMatchObject({ problem: 'DiskFailed' })
  await second
  expect(new Checkpoints(files, path).get(recovery, orders)).toBe(12)
})

test('nothing is written where nothing has changed', () => {
  const { disk, checkpoints } = withCheckpoints()
  checkpoints.set(recovery, orders, 12)
  checkpoints.writeAll()
  const { calls } = disk
  checkpoints.set(recovery, orders, 12)
  checkpoints.writeAll()
  expect(disk.calls).toBe(calls)
})

test('a damaged checkpoint is refused: without it nobody could tell what is gone', () => {
  const { files } = withCheckpoints()
  writeFile(files, `${path}/${recovery}`, Buffer.from('0\n2\norders 0 12\n'))
  expect(() => new Checkpoints(files, path)).toThrow(
    expect.objectContaining({
      problem: 'Untrusted',
      message: expect.stringMatching(
        /^\/data\/kafka\/recovery-point-offset-checkpoint: has 1 entries and says it has 2/,
      ),
    }),
  )
})

test('that of the cleaner only saves work: a damaged one is forgotten', () => {
  const { files } = withCheckpoints()
  replaceFile(files, path, 'cleaner-offset-checkpoint', Buffer.from('what?'))
  const checkpoints = new Checkpoints(files, path)
  expect(checkpoints.get('cleaner-offset-checkpoint', orders)).toBeUndefined()
})

test('a write that does not block never takes back what was lowered meanwhile, at any step', async () => {
  for (let steps = 0; ; steps++) {
    const disk = new SimulatedDisk(1, { later: 'held' })
    const files = disk.files()
    files.makeDirectory(path)
    for (const directory of ['/', '/data']) files.syncDirectory(directory)
    const checkpoints = new Checkpoints(files, path)
    checkpoints.set(recovery, orders, 12)
    checkpoints.set(recovery, carts, 1)
    checkpoints.write(recovery)
    checkpoints.set(recovery, orders, 20)
    const write = checkpoints.writeLater(recovery).then(() => 'done')
    const turn = () => new Promise((resolve) => void setImmediate(resolve))
    let ended = false
    for (let left = steps; left > 0 && !ended; left--) {
      disk.settle()
      ended = (await Promise.race([write, turn()])) === 'done'
    }
    checkpoints.lower(recovery, orders, 5)
    while ((await Promise.race([write, turn()])) !== 'done') disk.settle()
    disk.crash({ keepCache: false, unsynced: 'nothing' })
    const again = new Checkpoints(disk.files(), path)
    expect([again.get(recovery, orders), again.get(recovery, carts)]).toEqual([5, 1])
    if (ended) break
  }
})

test('what is set while it is written without blocking is written by the next', async () => {
  const { disk, files, checkpoints } = withCheckpoints()
  checkpoints.set(recovery, orders, 12)
  const write = checkpoints.writeLater(recovery)
  checkpoints.set(recovery, orders, 20)
  await write
  expect(new Checkpoints(files, path).get(recovery, orders)).toBe(12)
  await checkpoints.writeLater(recovery)
  expect(new Checkpoints(files, path).get(recovery, orders)).toBe(20)
  const { calls } = disk
  await checkpoints.writeLater(recovery)
  expect(disk.calls).toBe(calls)
})

test('a recovery point is never written before the start that was set with it', () => {
  const { disk, files, checkpoints } = withCheckpoints()
  checkpoints.set(recovery, carts, 7)
  checkpoints.writeAll()
  checkpoints.set('log-start-offset-checkpoint', orders, 1_000)
  checkpoints.set(recovery, orders, 1_000)
  checkpoints.lower(recovery, carts, 5)
  expect(new Checkpoints(files, path).get('log-start-offset-checkpoint', orders)).toBe(1_000)
  expect(disk.crashed).toBe(false)
})
