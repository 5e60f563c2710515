import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { positionOf } from '../../../../broker/metadata/position.ts'
import { metadataRecord } from '../../../../broker/metadata/records.ts'
import { realClock } from '../../../../lib/clock.ts'
import { acquireLock } from '../../../../lib/kernel-lock.ts'
import { realFiles } from '../../../../lib/real-files.ts'
import { DirectoryStore } from '../../../../operator/controller/store/directory-store.ts'
import { SimulatedDisk } from '../../../sim/disk/simulated-disk.ts'
import { promisesOf } from './store-promises.ts'

let data: string
let stores: DirectoryStore[]

beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'kavka-store-'))
  stores = []
})

afterEach(() => {
  for (const store of stores) store.close()
  rmSync(data, { recursive: true })
})

const directory = () => join(data, 'metadata')
const names = () => readdirSync(directory()).toSorted()

function newStore(options: { clusterId?: string; newClusterId?: string } = {}): DirectoryStore {
  const store = new DirectoryStore({
    files: realFiles,
    clock: realClock,
    directory: directory(),
    newClusterId: 'kafka-of-tests',
    lock: (path) => acquireLock(path, { waitMs: 0, clock: realClock, describe: 'kavka up test' }),
    ...options,
  })
  stores.push(store)
  return store
}

const noOps = [metadataRecord('NoOpRecord', {})]

describe('the store in a directory', () => {
  promisesOf(() => newStore())
})

test('a directory has the log, its snapshot, whose it is and who has it', async () => {
  const store = newStore()
  const { state } = await store.open()
  await store.append(positionOf(state), noOps)
  expect(names()).toEqual(['.lock', '00000000000000000000.log', 'cluster.properties'])
  await store.snapshot(positionOf(state), state.image)
  expect(names()).toEqual([
    '.lock',
    '00000000000000000000.log',
    '00000000000000000001-0000000000.checkpoint',
    'cluster.properties',
  ])
  expect(readFileSync(join(directory(), 'cluster.properties'), 'utf8')).toBe(
    'version=1\ncluster.id=kafka-of-tests\n',
  )
})

test('what a snapshot covers is removed with the next append', async () => {
  const store = newStore()
  let { state } = await store.open()
  await store.snapshot(positionOf(state), state.image)
  await store.append(positionOf(state), noOps)
  expect(names().filter((name) => name.endsWith('.log'))).toEqual(['00000000000000000001.log'])
  state = (await store.open()).state
  expect(state.offset).toBe(2)
  await store.snapshot(positionOf(state), state.image)
  expect(names().filter((name) => name.endsWith('.checkpoint'))).toHaveLength(1)
})

test('a second store on the directory is refused, and told who has it', async () => {
  await newStore().open()
  await expect(newStore().open()).rejects.toThrow(`pid ${process.pid}: kavka up test`)
})

test('a store that is closed lets another have the directory', async () => {
  const store = newStore()
  await store.open()
  store.close()
  expect((await newStore().open()).state.offset).toBe(1)
})

test('a store that is closed has the directory until what is under way has ended', async () => {
  const disk = new SimulatedDisk(1, { later: 'held' })
  const files = disk.files()
  files.makeDirectory('/data')
  let isLocked = true
  const store = new DirectoryStore({
    files,
    clock: realClock,
    directory: '/data/metadata',
    newClusterId: 'kafka-of-tests',
    lock: () => Promise.resolve({ release: () => void (isLocked = false) }),
  })
  const opening = store.open()
  await settled(disk)
  const { state } = await opening
  const appended = store.append(positionOf(state), noOps)
  store.close()
  expect(isLocked).toBe(true)
  await settled(disk)
  expect(await appended).toMatchObject({ type: 'appended' })
  expect(isLocked).toBe(false)
})

test('a process that is killed in the middle of appends leaves all that it was told of', async () => {
  const script = new URL('append-until-killed.ts', import.meta.url).pathname
  for (let round = 0; round < 5; round++) {
    const child = spawn(process.execPath, [script, data], { stdio: ['ignore', 'pipe', 'inherit'] })
    const told: string[] = []
    child.stdout.on('data', (chunk) => told.push(String(chunk)))
    await once(child.stdout, 'data')
    const deadline = performance.now() + 50 + 40 * round
    while (performance.now() < deadline) await once(child.stdout, 'data')
    child.kill('SIGKILL')
    await once(child, 'close')
    const last = Number(told.join('').trimEnd().split('\n').at(-1))
    const store = newStore()
    const { state } = await store.open()
    expect(state.offset).toBeGreaterThanOrEqual(last)
    store.close()
  }
})

/** Lets what waits for the disk happen, and all that follows from it. */
async function settled(disk: SimulatedDisk): Promise<void> {
  for (let turns = 0; turns < 5; turns++) {
    await realClock.turn()
    disk.settle()
  }
  await realClock.turn()
}

describe('a directory is not touched', () => {
  async function born(options: { newClusterId?: string } = {}): Promise<void> {
    const store = newStore(options)
    const { state } = await store.open()
    await store.append(positionOf(state), noOps)
    store.close()
  }

  test('that is of another cluster', async () => {
    await born({ newClusterId: 'other' })
    await expect(newStore({ clusterId: 'mine' }).open()).rejects.toMatchObject({
      problem: 'Foreign',
      message: expect.stringContaining('cluster other, expected mine'),
    })
    expect((await newStore().open()).state.image.clusterId).toBe('other')
  })

  test('of which the file is missing that says whose it is', async () => {
    await born()
    rmSync(join(directory(), 'cluster.properties'))
    await expect(newStore().open()).rejects.toMatchObject({ problem: 'Foreign' })
  })

  test('of another format', async () => {
    await born()
    writeFileSync(join(directory(), 'cluster.properties'), 'version=2\nx=y\n')
    await expect(newStore().open()).rejects.toMatchObject({ problem: 'Foreign' })
  })

  test.each([
    ['is gone', () => rmSync(join(directory(), '00000000000000000000.log'))],
    ['is empty', () => writeFileSync(join(directory(), '00000000000000000000.log'), '')],
    [
      'is zeros',
      () => writeFileSync(join(directory(), '00000000000000000000.log'), Buffer.alloc(99)),
    ],
  ])('of which the log %s', async (_, damage) => {
    await born()
    damage()
    const before = names()
    await expect(newStore().open()).rejects.toMatchObject({ problem: 'Untrusted' })
    expect(names()).toEqual(before)
  })
})
