import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { writeFile } from '../../../../lib/replace-file.ts'
import type { StorageError } from '../../../../lib/storage-error.ts'
import type { Crash, SimulatedDisk } from '../../../sim/disk/simulated-disk.ts'
import { placeOf } from './life.ts'
import { append, newDisk, orders, path, start, stopped } from './support.ts'

const file = `${path}/.kavka_ground`
const here = { bootId: 'here', device: '1' }
const there = { bootId: 'there', device: '1' }
const powerLoss = { keepCache: false, unsynced: 'nothing' } as const

test('a ground is known to the next start, also after a loss of power', async () => {
  const { disk, files } = newDisk()
  const first = await start(files)
  expect(first.ground).toBeUndefined()
  first.standOn(here)
  expect(first.ground).toEqual(here)
  disk.crash(powerLoss)
  expect((await start(disk.files())).ground).toEqual(here)
})

test('it outlives an orderly stop', async () => {
  const { disk, files } = newDisk()
  const first = await start(files)
  first.standOn(here)
  await first.stop(stopped)
  disk.crash({ keepCache: true })
  expect((await start(disk.files())).ground).toEqual(here)
})

test('to stand on the same ground again asks nothing of the disk', async () => {
  const { disk, files } = newDisk()
  ;(await start(files)).standOn(here)
  disk.crash({ keepCache: true })
  const second = await start(disk.files())
  const { calls } = disk
  second.standOn({ ...here })
  expect(disk.calls).toBe(calls)
})

test('a start alone leaves it as it was', async () => {
  const { disk, files } = newDisk()
  ;(await start(files)).standOn(here)
  const before = disk.durable().get(file)
  disk.crash({ keepCache: true })
  await (await start(disk.files())).stop(stopped)
  expect(disk.durable().get(file)).toEqual(before)
})

test('one that is damaged is not said', async () => {
  const { files } = newDisk()
  await start(files)
  writeFile(files, file, Buffer.from('{"version":0,"bootId":"he'))
  expect((await start(files)).ground).toBeUndefined()
})

test('a system that does not say where it is leaves none behind', async () => {
  const { disk, files } = newDisk()
  const first = await start(files)
  first.standOn(here)
  first.standOn(undefined)
  disk.crash(powerLoss)
  expect((await start(disk.files())).ground).toBeUndefined()
})

test('a doubt is durable', async () => {
  const { disk, files } = newDisk()
  const first = await start(files)
  first.standOn(here)
  first.doubt()
  disk.crash(powerLoss)
  expect((await start(disk.files())).ground).toBeUndefined()
})

test('without room for another ground none is said, and that is told', async () => {
  const { disk, files } = newDisk()
  const problems: StorageError[] = []
  const first = await start(files, { onProblem: (problem) => void problems.push(problem) })
  first.standOn(here)
  disk.fail({ call: 'write', path: /kavka_ground/, code: 'ENOSPC' })
  first.standOn(there)
  expect(problems).toEqual([expect.objectContaining({ problem: 'DiskFull' })])
  disk.crash(powerLoss)
  expect((await start(disk.files())).ground).toBeUndefined()
})

test('a disk that fails is an error', async () => {
  const { disk, files } = newDisk()
  const first = await start(files)
  disk.fail({ call: 'sync', path: /kavka_ground/, code: 'EIO' })
  expect(() => first.standOn(here)).toThrow(`${file} could not be written`)
})

const crashes: Crash[] = [{ keepCache: true }, powerLoss, { keepCache: false, unsynced: 'chance' }]

test('after a crash at any call the ground is the one on which the log was written to last', async () => {
  for (const crash of crashes) expect(await violations(crash)).toEqual([])
})

test.each(['sync small file in writeGround', 'syncDirectory in writeGround'])(
  'without "%s" it need not be',
  async (place) => {
    const crash = { keepCache: false, unsynced: 'chance' } as const
    expect(await violations(crash, (of) => of === place)).not.toEqual([])
  },
)

/** Of a crash at each call, from a few seeds. */
async function violations(
  crash: Crash,
  isDropped?: (place: string | undefined) => boolean,
): Promise<string[]> {
  const found: string[] = []
  for (let seed = 1; seed <= 10; seed++) {
    for (let call = 1; ; call++) {
      const { crashed, violation } = await movedLife({ seed, call, crash, isDropped })
      if (violation !== undefined) found.push(`seed ${seed}, call ${call}: ${violation}`)
      if (!crashed) break
    }
  }
  return found
}

/** A directory that was written to here goes on there, and crashes. */
async function movedLife({
  seed,
  call,
  crash,
  isDropped = () => false,
}: {
  seed: number
  call: number
  crash: Crash
  isDropped: ((place: string | undefined) => boolean) | undefined
}): Promise<{ crashed: boolean; violation: string | undefined }> {
  const { disk, files } = newDisk(seed)
  const first = await start(files)
  first.standOn(here)
  await append(first.open(orders), 1)
  await first.stop(stopped)
  disk.crash({ keepCache: true })

  disk.dropSyncs((sync) => isDropped(placeOf(sync)))
  disk.crashAtCall(disk.calls + call, crash)
  const isOver = await Promise.race([goOn(disk), crashOf(disk)])
  if (isOver) disk.crash(crash)
  disk.dropSyncs(() => false)

  const last = await start(disk.files())
  const { ground } = last
  const isMoved = (last.get(orders)?.logEndOffset ?? 0) > 2
  if (ground === undefined) return { crashed: !isOver, violation: 'Nowhere' }
  const violation = isMoved && ground.bootId !== there.bootId ? 'Elsewhere' : undefined
  return { crashed: !isOver, violation }
}

async function goOn(disk: SimulatedDisk): Promise<boolean> {
  try {
    const second = await start(disk.files())
    second.standOn(there)
    await append(second.open(orders), 2)
    return true
  } catch (error) {
    if (!disk.crashed) throw error
    return false
  }
}

/** What was in flight at a crash is never heard of again. */
async function crashOf(disk: SimulatedDisk): Promise<false> {
  while (!disk.crashed) await setImmediate()
  return false
}
