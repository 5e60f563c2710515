import { expect, test } from 'vitest'
import { MemoryLog, MemoryStore } from '../../../operator/controller/store/memory-store.ts'
import { SimulatedDisk } from '../disk/simulated-disk.ts'
import { drive } from './drive.ts'
import { filesFor } from './gated-files.ts'
import { Incarnation } from './incarnation.ts'
import { World } from './world.ts'

/** A node that writes ten bytes, each synced, and says which are. */
function writer({
  seed = 1,
  crashAt,
  isSilent = false,
}: {
  seed?: number
  crashAt: number
  isSilent?: boolean
}) {
  const world = new World(seed)
  const disk = new SimulatedDisk(seed, { later: 'held' })
  const node = new Incarnation(world, { host: 'a', life: 1 })
  const files = filesFor(node, disk)
  const synced: number[] = []
  node.gate.crashAt(crashAt, { isSilent })
  node.start(async () => {
    const file = files.create('/log')
    files.syncDirectory('/')
    for (let at = 0; at < 10; at++) {
      await file.writeLater([Uint8Array.of(at + 1)], at)
      await file.syncLater()
      node.gate.probe(() => synced.push(at + 1))
    }
  })
  return { world, disk, node, synced }
}

test('at whatever call of the disk a node crashes, what was synced is there', async () => {
  const lengths = new Set<number>()
  for (let crashAt = 1; crashAt <= 23; crashAt++) {
    for (const isSilent of [true, false]) {
      const { world, disk, node, synced } = writer({ seed: crashAt, crashAt, isSilent })
      expect(await drive(world, 1_000)).toBeUndefined()
      expect(node.isAlive).toBe(crashAt > 22)
      const left = [...(disk.snapshot().get('/log') ?? [])]
      expect(left.slice(0, synced.length)).toEqual(synced)
      lengths.add(synced.length)
    }
  }
  expect(lengths.size).toBe(11)
})

test('where the disk crashes in the middle of a call, the node is dead', async () => {
  const { world, disk, node, synced } = writer({ crashAt: 1_000 })
  disk.crashAtCall(7, { keepCache: true })
  expect(await drive(world, 1_000)).toBeUndefined()
  expect(node.isAlive).toBe(false)
  expect(synced).toEqual([1, 2])
})

test('a store runs on the clock of a node, and tells a dead one nothing', async () => {
  const world = new World(1)
  const log = new MemoryLog({ clusterId: 'sim' })
  const seen: string[] = []
  for (const host of ['a', 'b']) {
    const node = new Incarnation(world, { host, life: 1 })
    const store = new MemoryStore({ log, clock: node.clock, fault: () => ({ delayMs: 10 }) })
    node.start(async () => {
      const opened = await node.gate.call(() => store.open())
      seen.push(`${world.nowMs} ${host} ${opened.batches.length}`)
    })
    if (host === 'a') world.at(5, 'crash', () => node.gate.crash())
  }
  expect(await drive(world, 100)).toBeUndefined()
  expect(seen).toEqual(['10 b 1'])
})
