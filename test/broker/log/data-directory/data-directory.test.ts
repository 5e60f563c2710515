import { expect, test } from 'vitest'
import { encodeOffsetCheckpoint } from '../../../../broker/log/offset-checkpoint.ts'
import { realClock } from '../../../../lib/clock.ts'
import { replaceFile, writeFile } from '../../../../lib/replace-file.ts'
import {
  append,
  carts,
  newDisk,
  newOrders,
  orders,
  owner,
  path,
  readToEnd,
  start,
  stopped,
} from './support.ts'

const recovery = 'recovery-point-offset-checkpoint'
const powerLoss = { keepCache: false, unsynced: 'nothing' } as const

test('a log that never had a batch has nothing on the disk and is in no checkpoint', async () => {
  const { disk, files } = newDisk()
  const directory = await start(files)
  const before = disk.snapshot()
  const { calls } = disk
  const log = directory.open(orders)
  directory.setCheckpoint('replication-offset-checkpoint', orders, 0)
  await log.flush()
  directory.writeCheckpoints()
  expect(disk.calls).toBe(calls)
  expect(disk.snapshot()).toEqual(before)
  expect(await directory.stop(stopped)).toEqual({ clean: true })
  expect([...disk.snapshot().keys()]).toEqual([
    `${path}/meta.properties`,
    `${path}/.kafka_cleanshutdown`,
  ])
})

test('the topic id is durable before the first batch is written', async () => {
  const { disk, files } = newDisk()
  const directory = await start(files)
  await append(directory.open(orders), 1)
  // Only the name of the directory is not: the first flush makes it durable, before it says so.
  files.syncDirectory(path)
  const metadata = disk.durable().get(`${path}/orders-0/partition.metadata`)
  expect(Buffer.from(metadata ?? []).toString()).toBe(`version: 0\ntopic_id: ${orders.topicId}`)
})

test('after a clean stop logs are there without a look at their batches', async () => {
  const { disk, files } = newDisk()
  const first = await start(files)
  for (const own of [orders, carts]) await append(first.open(own), 30)
  first.setCheckpoint('replication-offset-checkpoint', orders, 44)
  expect(await first.stop(stopped)).toEqual({ clean: true })

  disk.crash(powerLoss)
  const second = await start(disk.files())
  expect(second.lastStop).toEqual({ clean: true, brokerEpoch: 77 })
  expect(second.id).toBe(owner.newDirectoryId)
  expect([...second.partitions()].map(({ topic }) => topic).toSorted()).toEqual(['carts', 'orders'])
  expect(readToEnd(second.open(orders))).toBe(60)
  expect(second.get(orders)?.flushedEndOffset).toBe(60)
  expect(second.checkpointOf('replication-offset-checkpoint', orders)).toBe(44)
})

test('the marker of a clean stop is gone before anything is written', async () => {
  const { disk, files } = newDisk()
  await append((await start(files)).open(orders), 1)
  disk.crash({ keepCache: true })
  const second = await start(disk.files())
  expect(second.lastStop).toEqual({ clean: false })
  await second.stop(stopped)
  await start(disk.files())
  disk.crash(powerLoss)
  expect((await start(disk.files())).lastStop).toEqual({ clean: false })
})

test('a stop asks nothing of the disk for logs that nothing was appended to since the last', async () => {
  const { disk, files } = newDisk()
  const first = await start(files)
  for (const own of [orders, carts]) await append(first.open(own), 30)
  await first.stop(stopped)
  const second = await start(disk.files())
  expect(readToEnd(second.open(orders))).toBe(60)
  await append(second.open(carts), 1)
  const paths = new Set<string>()
  disk.dropSyncs(({ path: of }) => {
    paths.add(of)
    return false
  })
  const before = disk.snapshot()
  expect(await second.stop(stopped)).toEqual({ clean: true })
  expect([...paths].some((of) => of.includes('carts'))).toBe(true)
  expect([...paths].filter((of) => of.includes('orders'))).toEqual([])
  const after = disk.snapshot()
  const ofOrders = (files: ReadonlyMap<string, unknown>) =>
    [...files].filter(([name]) => name.includes('orders'))
  expect(ofOrders(after)).toEqual(ofOrders(before))

  disk.crash(powerLoss)
  const third = await start(disk.files())
  expect(third.lastStop.clean).toBe(true)
  expect([orders, carts].map((own) => readToEnd(third.open(own)))).toEqual([60, 62])
})

test('after a kill logs with nothing behind what was flushed are opened without a change', async () => {
  const { disk, files } = newDisk()
  const first = await start(files)
  for (const own of [orders, carts]) await append(first.open(own), 30)
  for (const own of [orders, carts]) await first.open(own).flush()
  first.writeCheckpoints()
  await append(first.open(carts), 1)
  disk.crash({ keepCache: true })

  const again = disk.files()
  const before = [...disk.snapshot()].filter(([name]) => name.includes('orders'))
  const synced = new Set<string>()
  disk.dropSyncs(({ path: of }) => {
    synced.add(of)
    return false
  })
  const second = await start(again)
  expect(second.lastStop.clean).toBe(false)
  expect([...synced].filter((of) => of.includes('orders'))).toEqual([])
  expect([...disk.snapshot()].filter(([name]) => name.includes('orders'))).toEqual(before)
  expect([orders, carts].map((own) => readToEnd(second.open(own)))).toEqual([60, 62])
  for (let offset = 0; offset < 60; offset += 2) {
    expect(second.open(orders).findTimestamp(1_000 + offset)?.offset).toBe(offset)
  }
  await append(second.open(orders), 1)
  expect(await second.stop(stopped)).toEqual({ clean: true })
  disk.crash(powerLoss)
  expect(readToEnd((await start(disk.files())).open(orders))).toBe(62)
})

test('many logs are opened with pauses between them', async () => {
  const { disk, files } = newDisk()
  const first = await start(files)
  for (let partition = 0; partition < 100; partition++)
    await append(first.open({ ...orders, partition }), 1)
  await first.stop(stopped)
  disk.crash({ keepCache: true })
  let pauses = 0
  const pause = async () => {
    pauses += 1
  }
  const second = await start(disk.files(), { pause })
  expect(pauses).toBe(20)
  expect([...second.partitions()].length).toBe(100)
})

test('a log that has lost what was durable stays offline as it is, and all others open', async () => {
  const { disk, files } = newDisk()
  const first = await start(files)
  for (const own of [orders, carts]) {
    await append(first.open(own), 30)
    await first.get(own)?.flush()
  }
  first.writeCheckpoints()
  disk.crash({ keepCache: true })
  const last = `${path}/orders-0/00000000000000000040.log`
  disk.flipBit(last, (disk.snapshot().get(last)?.length ?? 0) - 100)

  for (let life = 0; life < 2; life++) {
    const next = await start(disk.files())
    expect(next.offline()).toEqual([
      expect.objectContaining({
        topic: 'orders',
        partition: 0,
        problem: expect.objectContaining({ problem: 'Untrusted' }),
      }),
    ])
    expect(() => next.open(orders)).toThrow('/data/kafka/orders-0 cannot be trusted')
    expect(readToEnd(next.open(carts))).toBe(60)
    expect(next.get(carts)?.logEndOffset).toBe(60)
    // Its recovery point is kept, and the next start knows again that something is missing.
    expect(await next.stop(stopped)).toEqual({ clean: false })
    disk.crash({ keepCache: true })
  }
})

test('a directory that is gone, with what was durable, does not begin anew in silence', async () => {
  const { disk, files } = newDisk()
  const first = await start(files)
  await append(first.open(orders), 3)
  await first.stop(stopped)
  const again = disk.files()
  again.removeDirectory(`${path}/orders-0`)
  const second = await start(again)
  expect(() => second.open(orders)).toThrow('orders-0 is gone, but ended at 6 or behind')
  second.delete({ ...orders, uniqueId: 'u1' })
  expect(second.open(orders).logEndOffset).toBe(0)
})

test('a log of another topic of the name is set aside, never served and never removed', async () => {
  const { disk, files } = newDisk()
  const first = await start(files)
  await append(first.open(orders), 30)
  first.setCheckpoint('replication-offset-checkpoint', orders, 44)
  await first.stop(stopped)

  const second = await start(disk.files())
  const log = second.open(newOrders)
  expect(log.logEndOffset).toBe(0)
  expect(second.checkpointOf('replication-offset-checkpoint', orders)).toBeUndefined()
  const stray = { directory: `orders-0.${orders.topicId}-stray`, kind: 'stray', id: orders.topicId }
  expect(second.strays()).toEqual([stray])
  await append(log, 2)
  await second.stop(stopped)

  disk.crash(powerLoss)
  const third = await start(disk.files())
  expect(third.strays()).toEqual([stray])
  expect(readToEnd(third.open(newOrders))).toBe(4)
  expect(disk.durable().has(`${path}/${stray.directory}/00000000000000000000.log`)).toBe(true)
})

test('a topic that was set aside twice is there twice', async () => {
  const directory = await start(newDisk().files)
  for (const own of [orders, newOrders, orders, newOrders]) await append(directory.open(own), 1)
  const strays = directory.strays().map((stray) => stray.directory)
  const { topicId } = orders
  expect(strays.toSorted()).toEqual(
    [
      `orders-0.${topicId}-stray`,
      `orders-0.${topicId}.2-stray`,
      `orders-0.${newOrders.topicId}-stray`,
    ].toSorted(),
  )
  expect(
    directory
      .strays()
      .map(({ id }) => id)
      .toSorted(),
  ).toEqual([topicId, topicId, newOrders.topicId].toSorted())
})

test('a deleted log is gone for good; that of another topic stays', async () => {
  const { disk, files } = newDisk()
  const directory = await start(files)
  for (const own of [orders, carts]) await append(directory.open(own), 30)
  directory.writeCheckpoints()
  directory.delete({ ...newOrders, uniqueId: 'u1' })
  expect(directory.get(orders)?.logEndOffset).toBe(60)
  directory.delete({ ...orders, uniqueId: 'u2' })
  expect(directory.get(orders)).toBeUndefined()
  expect(directory.open(newOrders).logEndOffset).toBe(0)
  await realClock.turn() // from the disk it goes while others have their turn
  expect([...disk.snapshot().keys()].some((name) => name.includes('orders'))).toBe(false)
  directory.writeCheckpoints()
  const checkpoint = disk.snapshot().get(`${path}/${recovery}`)
  expect(checkpoint).toEqual(
    new Uint8Array(encodeOffsetCheckpoint([{ topic: 'carts', partition: 0, offset: 0 }])),
  )
  expect(directory.open(newOrders).logEndOffset).toBe(0)
})

test('what a crash left of a deletion is removed after the next start', async () => {
  const { disk, files } = newDisk()
  await start(files)
  const left = 'orders-0.b2cbd0e1a8a5442c8a8ac4d2f4e1d9b1-delete'
  files.makeDirectory(`${path}/${left}`)
  writeFile(files, `${path}/${left}/00000000000000000000.log`, Buffer.from('left'))
  expect([...(await start(files)).partitions()]).toEqual([])
  await realClock.turn()
  expect([...disk.snapshot().keys()]).toEqual([`${path}/meta.properties`])
  expect(files.list(path)).not.toContain(left)
})

test('a stop in the middle of a deletion is clean, and the next start goes on with it', async () => {
  const { disk, files } = newDisk()
  const first = await start(files)
  for (const own of [orders, carts]) await append(first.open(own), 100)
  const filesOfOrders = () => [...disk.snapshot().keys()].filter((name) => name.includes('orders'))
  first.delete({ ...orders, uniqueId: 'u1' })
  const before = filesOfOrders().length
  expect(await first.stop(stopped)).toEqual({ clean: true })
  const left = filesOfOrders()
  expect(left.length).toBeGreaterThan(0)
  expect(left.length).toBeLessThan(before)
  await realClock.turn()
  expect(filesOfOrders()).toEqual(left) // nothing goes on behind a stop

  const second = await start(disk.files())
  expect(second.get(orders)).toBeUndefined()
  expect(readToEnd(second.open(carts))).toBe(200)
  await realClock.turn()
  expect(filesOfOrders()).toEqual([])
})

test('a log without a topic id is offline, and not removed even by a deletion', async () => {
  const { disk, files } = newDisk()
  await append((await start(files)).open(orders), 3)
  for (const damage of ['', 'what?']) {
    disk.crash({ keepCache: true })
    const again = disk.files()
    const metadata = `${path}/orders-0/partition.metadata`
    if (damage === '') again.remove(metadata)
    else writeFile(again, metadata, Buffer.from(damage))
    const next = await start(again)
    expect(() => next.open(orders)).toThrow('partition.metadata')
    if (damage === '') continue
    next.delete({ ...orders, uniqueId: 'u1' })
    expect(next.strays()).toEqual([
      { directory: 'orders-0.unknown-stray', kind: 'stray', id: 'unknown' },
    ])
    expect(next.open(newOrders).logEndOffset).toBe(0)
  }
})

test('a log is cut below its recovery point, and trusted after a crash', async () => {
  const { disk, files } = newDisk()
  const log = (await start(files)).open(orders)
  await append(log, 30)
  await log.flush()
  disk.crash({ keepCache: true })

  const second = await start(disk.files())
  const own = second.open(orders)
  await own.flush()
  second.writeCheckpoints()
  await own.truncateTo(10)
  disk.crash({ keepCache: false, unsynced: 'nothing' })
  const third = await start(disk.files())
  expect(third.offline()).toEqual([])
  expect(readToEnd(third.open(orders))).toBe(10)
})

test('a log that the disk has failed does not let a stop be clean', async () => {
  const { disk, files } = newDisk()
  const directory = await start(files)
  for (const own of [orders, carts]) await append(directory.open(own), 3)
  disk.fail({ call: 'sync', path: /orders-0.*log/, code: 'EIO' })
  expect(await directory.stop(stopped)).toEqual({ clean: false })
  expect(directory.offline().map(({ topic }) => topic)).toEqual(['orders'])
  disk.crash({ keepCache: true })
  const next = await start(disk.files())
  expect(next.lastStop.clean).toBe(false)
  expect(readToEnd(next.open(carts))).toBe(6)
})

test('another owner is refused before anything is touched', async () => {
  const { disk, files } = newDisk()
  const first = await start(files)
  await append(first.open(orders), 3)
  await first.stop(stopped)
  const before = disk.snapshot()
  await expect(start(files, { owner: { ...owner, nodeId: 4 } })).rejects.toThrow(
    expect.objectContaining({ problem: 'Foreign' }),
  )
  replaceFile(files, path, recovery, Buffer.from('9\n'))
  await expect(start(files)).rejects.toThrow(expect.objectContaining({ problem: 'Untrusted' }))
  expect(disk.snapshot().has(`${path}/.kafka_cleanshutdown`)).toBe(true)
  expect(disk.snapshot().size).toBe(before.size)
})

test('the end of a log is told with its leader epochs, and that of one that was never written', async () => {
  const { files } = newDisk()
  const directory = await start(files)
  await append(directory.open(orders), 2)
  const { logEndOffset, epochs } = directory.endOf(orders) ?? {}
  expect([logEndOffset, epochs?.latest]).toEqual([4, { epoch: 3, startOffset: 0 }])
  expect(directory.endOf(carts)).toEqual({ logEndOffset: 0, epochs: undefined })
})

test('a log of another topic of the name says nothing of this one', async () => {
  const { files } = newDisk()
  const directory = await start(files)
  await append(directory.open(orders), 2)
  expect(directory.endOf(newOrders)).toEqual({ logEndOffset: 0, epochs: undefined })
})

test('the end of a log that is offline is told only while the disk is merely full', async () => {
  const { disk, files } = newDisk()
  const directory = await start(files)
  for (const [own, code] of [
    [orders, 'ENOSPC'],
    [carts, 'EIO'],
  ] as const) {
    await append(directory.open(own), 2)
    disk.fail({ call: 'write', path: new RegExp(`${own.topic}-0/.*log$`), code })
    await append(directory.open(own), 1).catch(() => {})
  }
  expect(directory.offline().length).toBe(2)
  expect(directory.endOf(orders)?.logEndOffset).toBe(4)
  expect(directory.endOf(carts)).toBeUndefined()
})

test('the end of a log that is gone, with what was durable, is not known', async () => {
  const { files } = newDisk()
  const first = await start(files)
  await append(first.open(orders), 3)
  await first.stop(stopped)
  files.removeDirectory(`${path}/orders-0`)
  expect((await start(files)).endOf(orders)).toBeUndefined()
})
