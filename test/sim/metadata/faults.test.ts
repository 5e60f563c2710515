import { describe, expect, test } from 'vitest'
import { positionOf } from '../../../broker/metadata/position.ts'
import { metadataRecord } from '../../../broker/metadata/records.ts'
import type { Files } from '../../../lib/files.ts'
import { DirectoryStore } from '../../../operator/controller/store/directory-store.ts'
import { effort } from '../../support/effort.ts'
import type { Call } from '../disk/faults.ts'
import type { SimulatedDisk } from '../disk/simulated-disk.ts'
import { directory, idleClock, Life, newDisk, placeOf, storeOn } from './life.ts'

const noOps = [metadataRecord('NoOpRecord', {})]
const log = `${directory}/00000000000000000000.log`

test.each<[Call, 'EIO' | 'ENOSPC']>([
  ['write', 'ENOSPC'],
  ['write', 'EIO'],
  ['sync', 'EIO'],
  ['create', 'ENOSPC'],
  ['truncate', 'EIO'],
  ['rename', 'EIO'],
  ['remove', 'EIO'],
  ['syncDirectory', 'EIO'],
  ['list', 'EIO'],
])('a %s that fails with %s loses nothing that was acknowledged', async (call, code) => {
  for (let after = 4; after < 40; after++) {
    for (let seed = 1; seed <= effort(2, 6); seed++) {
      const disk = newDisk(seed)
      const life = new Life(disk, 1)
      disk.fail({ call, code, after, path: /^\/data\/metadata(?!\/cluster)/ })
      // The fault may come when the log is opened: then that says so, and the next time it works.
      const once = async (run: () => Promise<unknown>) => {
        try {
          await run()
        } catch (error) {
          expect(error).toMatchObject({ code })
          disk.crash({ keepCache: true })
          await life.reopen()
        }
      }
      await once(() => life.run())
      disk.crash(seed % 2 === 0 ? { keepCache: true } : { keepCache: false })
      await once(() => life.reopen())
      disk.crash({ keepCache: true })
      await once(async () => life.append((await life.reopen()).store))
      disk.crash({ keepCache: false })
      await once(() => life.reopen())
    }
  }
})

describe('a write that reaches the disk though it is said to have failed', () => {
  test('never comes back', async () => {
    for (let seed = 1; seed <= 300; seed++) expect(await endAfterFailure(seed)).toBe(1)
  })

  test('would, if what was cut off were not made durable', async () => {
    const ends = new Set<number>()
    for (let seed = 1; seed <= 300; seed++) {
      ends.add(
        await endAfterFailure(seed, (disk) => {
          disk.dropSyncs((sync) => placeOf(sync) === 'sync .log in MetadataLogFiles.#cutBack')
        }),
      )
    }
    expect(ends).toEqual(new Set([1, 2]))
  })

  /** Where the log ends after it was told to have failed and the power was lost. */
  async function endAfterFailure(seed: number, prepare: (disk: SimulatedDisk) => void = () => {}) {
    const disk = newDisk(seed)
    prepare(disk)
    await storeOn(disk).open()
    const { files, failFromNowOn } = failingAfterwards(disk.files())
    const store = new DirectoryStore({ ...options(), files })
    const { state } = await store.open()
    failFromNowOn()
    await expect(store.append(positionOf(state), noOps)).rejects.toMatchObject({
      problem: 'NotAppended',
    })
    disk.crash({ keepCache: false })
    return (await storeOn(disk).open()).state.offset
  }
})

test('after a full disk has room again the log goes on, at the same position', async () => {
  const disk = newDisk(1)
  const store = storeOn(disk)
  const { state } = await store.open()
  disk.capacityBytes = 150
  const position = positionOf(state)
  await expect(store.append(position, noOps)).rejects.toMatchObject({ problem: 'NotAppended' })
  disk.capacityBytes = 100_000
  const appended = await store.append(position, noOps)
  expect(appended).toMatchObject({ type: 'appended', position: { offset: 2 } })
})

test('after a sync that failed nothing is taken before the log is opened again', async () => {
  const disk = newDisk(1)
  const store = storeOn(disk)
  const { state } = await store.open()
  const position = positionOf(state)
  disk.fail({ call: 'sync' })
  await expect(store.append(position, noOps)).rejects.toMatchObject({ problem: 'Offline' })
  await expect(store.append(position, noOps)).rejects.toMatchObject({ problem: 'Offline' })
  const snapshot = store.snapshot(position, state.image)
  await expect(snapshot).rejects.toMatchObject({ problem: 'Offline' })
  const again = await store.open()
  const appended = await store.append(positionOf(again.state), noOps)
  expect(appended).toMatchObject({ type: 'appended' })
})

test('a snapshot that fails leaves the log as it was, and the next one works', async () => {
  for (const call of ['create', 'write', 'rename'] as const) {
    const disk = newDisk(1)
    const store = storeOn(disk)
    const { state } = await store.open()
    disk.fail({ call, code: call === 'rename' ? 'EIO' : 'ENOSPC', path: /\.part$/ })
    const take = () => store.snapshot(positionOf(state), state.image)
    await expect(take()).rejects.toMatchObject({ problem: 'NotAppended' })
    expect([...disk.snapshot().keys()].filter((path) => path.endsWith('.part'))).toEqual([])
    expect(await store.append(positionOf(state), noOps)).toMatchObject({ type: 'appended' })
    expect(await take()).toMatchObject({ type: 'taken' })
    expect((await store.open()).state.offset).toBe(2)
  }
})

describe('a log that rots', () => {
  /** Some appends, each of one batch; where their bytes begin. */
  async function written() {
    const disk = newDisk(1)
    const store = storeOn(disk)
    let { state } = await store.open()
    const starts = [0]
    for (let left = 4; left > 0; left--) {
      starts.push(disk.snapshot().get(log)?.length ?? 0)
      await store.append(positionOf(state), noOps)
      state = { ...state, offset: state.offset + 1 }
    }
    return { disk, starts, sizeBytes: disk.snapshot().get(log)?.length ?? 0 }
  }

  test('before its last batch is refused at any bit, with file and offset, and not touched', async () => {
    const { starts } = await written()
    for (let at = 0; at < (starts[4] as number); at++) {
      const { disk } = await written()
      disk.flipBit(log, at)
      const before = disk.snapshot()
      const batch = starts.findLastIndex((start) => start <= at)
      const isEpoch = at - (starts[batch] as number) >= 12 && at - (starts[batch] as number) < 16
      await expect(storeOn(disk).open(), `byte ${at}`).rejects.toMatchObject(
        // Offset and epoch lie before the CRC: what comes after says that they are wrong.
        isEpoch
          ? { problem: 'Diverged' }
          : { problem: 'Untrusted', message: expect.stringContaining(log) },
      )
      expect(disk.snapshot()).toEqual(before)
    }
  })

  test('in its snapshot is refused at any bit', async () => {
    const disk = newDisk(1)
    const store = storeOn(disk)
    const { state } = await store.open()
    await store.snapshot(positionOf(state), state.image)
    const [path, bytes] = [...disk.snapshot()].find(([path]) => path.endsWith('.checkpoint')) ?? []
    for (let at = 0; at < (bytes?.length ?? 0); at++) {
      const bit = 3
      disk.flipBit(path as string, at, bit)
      const offset = state.offset
      const outcome = await storeOn(disk)
        .open()
        .then(
          (opened) => opened.state.offset,
          (error: { problem: string }) => error.problem,
        )
      expect([offset, 'Untrusted', 'UnknownRecord']).toContain(outcome) // the epoch is before the CRC
      disk.flipBit(path as string, at, bit)
    }
  })
})

function options() {
  return {
    clock: idleClock,
    directory,
    newClusterId: 'sim',
    lock: () => Promise.resolve({ release() {} }),
  }
}

/** All that is written is, and then each write says that it was not. */
function failingAfterwards(files: Files) {
  let fails = false
  const open = (path: string) => {
    const file = files.open(path)
    const write = (parts: readonly Uint8Array[], position: number) => {
      file.write(parts, position)
      if (fails) throw Object.assign(new Error(`EIO: i/o error, write '${path}'`), { code: 'EIO' })
    }
    return { ...file, write }
  }
  const failFromNowOn = () => {
    fails = true
  }
  return { files: { ...files, open }, failFromNowOn }
}
