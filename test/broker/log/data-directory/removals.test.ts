import { expect, onTestFinished, test } from 'vitest'
import { Removals } from '../../../../broker/log/data-directory/removals.ts'
import { realClock } from '../../../../lib/clock.ts'
import { writeFile } from '../../../../lib/replace-file.ts'
import type { StorageError } from '../../../../lib/storage-error.ts'
import { SimulatedDisk } from '../../../sim/disk/simulated-disk.ts'

/** A disk with directories of three files each, on which what is removed goes when the test says so. */
function diskWith(directories: readonly string[]) {
  const disk = new SimulatedDisk(1, { later: 'held' })
  const files = disk.files()
  for (const directory of directories) {
    files.makeDirectory(directory)
    for (const name of ['a', 'b', 'c']) writeFile(files, `${directory}/${name}`, Buffer.from(name))
  }
  const problems: StorageError[] = []
  const fatal: unknown[] = []
  onTestFinished(() => expect(fatal).toEqual([]))
  const removals = new Removals({
    files,
    onProblem: (problem) => void problems.push(problem),
    onFatal: (error) => void fatal.push(error),
  })
  const count = () => disk.snapshot().size
  return { disk, files, removals, problems, count }
}

/** Lets the disk do what was asked of it, until nothing more is. @returns How much was, each time. */
async function settleAll(disk: SimulatedDisk): Promise<number[]> {
  const inFlight: number[] = []
  while (disk.inFlight > 0) {
    inFlight.push(disk.inFlight)
    disk.settle(0)
    await realClock.turn()
  }
  return inFlight
}

const five = ['/1', '/2', '/3', '/4', '/5']

test('files go one by one without blocking, of two directories at a time', async () => {
  const { disk, files, removals, count } = diskWith(five)
  for (const directory of five) removals.add(directory)
  expect(count()).toBe(15)
  disk.settle(0)
  await realClock.turn()
  expect(count()).toBe(14)
  const inFlight = await settleAll(disk)
  expect(Math.max(...inFlight)).toBe(2)
  expect(inFlight).toHaveLength(14)
  expect(files.list('/')).toEqual([])
  removals.add('/1')
  expect(disk.inFlight).toBe(0) // it is gone, which is fine
})

test('a stop waits for what is under way, and leaves the rest as it is', async () => {
  const { disk, files, removals, count } = diskWith(five)
  for (const directory of five) removals.add(directory)
  let isStopped = false
  const stopping = removals.stop().then(() => (isStopped = true))
  disk.settle(0)
  await realClock.turn()
  expect(isStopped).toBe(false)
  disk.settle()
  await stopping
  await realClock.turn()
  expect(count()).toBe(13)
  expect(disk.inFlight).toBe(0)
  expect(files.list('/').toSorted()).toEqual(['1', '2', '3', '4', '5'])
})

test('a stop with nothing to do ends at once', async () => {
  const { removals } = diskWith([])
  await removals.stop()
})

test('a directory that cannot be removed is told and left, and all others go', async () => {
  const { disk, files, removals, problems } = diskWith(five)
  disk.fail({ call: 'remove', path: /^\/2\/b/ })
  for (const directory of five) removals.add(directory)
  await settleAll(disk)
  expect(files.list('/')).toEqual(['2'])
  expect(problems).toMatchObject([
    {
      problem: 'DiskFailed',
      message: expect.stringMatching(/^\/2 is left to the next start.*EIO/),
    },
  ])
  removals.add('/2') // as the next start does
  await settleAll(disk)
  expect(files.list('/')).toEqual([])
})

test('a directory that somebody made in it goes too', async () => {
  const { disk, files, removals, problems } = diskWith(['/1', '/1/own'])
  removals.add('/1')
  await settleAll(disk)
  expect(problems).toEqual([])
  expect(files.list('/')).toEqual([])
})
