import { expect, test } from 'vitest'
import type { Files } from '../../../lib/files.ts'
import { SimulatedDisk } from './simulated-disk.ts'
import { bytes, outcomes, texts } from './support.ts'

function put(files: Files, path: string, content: string): void {
  const file = files.create(path)
  file.write([bytes(content)], 0)
  file.sync()
  file.close()
}

/** The paths with contents that a loss of power may leave: `before` is durable, `after` is not. */
const leftOf = (before: (files: Files) => void, after: (files: Files) => void) =>
  outcomes((seed) => {
    const disk = new SimulatedDisk(seed)
    const files = disk.files()
    before(files)
    files.syncDirectory('/')
    after(files)
    disk.crash({ keepCache: false })
    return Object.entries(texts(disk.snapshot()))
      .map(([path, content]) => `${path}=${content}`)
      .sort()
      .join(' ')
  })

test('a synced file is there after a loss of power only if its directory was synced too', () => {
  const make = (files: Files) => put(files, '/a', 'A')
  expect(leftOf(() => {}, make)).toEqual(['', '/a=A'])
  expect(leftOf(make, () => {})).toEqual(['/a=A'])
})

test('a file whose name is durable may be there without what was never synced', () => {
  const left = leftOf(
    (files) => files.create('/a').write([bytes('A')], 0),
    () => {},
  )
  expect(left).toEqual(expect.arrayContaining(['/a=', '/a=A']))
})

test('a renamed file whose directory was not synced is under either name, never both or none', () => {
  const left = leftOf(
    (files) => put(files, '/a', 'A'),
    (files) => files.rename('/a', '/b'),
  )
  expect(left).toEqual(['/a=A', '/b=A'])
})

test('a rename over a file leaves the old one or the new one, never neither', () => {
  const left = leftOf(
    (files) => put(files, '/a', 'old'),
    (files) => {
      put(files, '/a.tmp', 'new')
      files.rename('/a.tmp', '/a')
    },
  )
  expect(left).toEqual(['/a.tmp=new /a=old', '/a=new', '/a=old'])
})

test('renamed before its content was synced, the new file may be empty: the old one is gone', () => {
  const left = leftOf(
    (files) => put(files, '/a', 'old'),
    (files) => {
      files.create('/a.tmp').write([bytes('new')], 0)
      files.rename('/a.tmp', '/a')
    },
  )
  expect(left).toEqual(expect.arrayContaining(['/a=', '/a=new', '/a=old']))
})

test('a removed file may be back, with what was synced of it', () => {
  const left = leftOf(
    (files) => put(files, '/a', 'A'),
    (files) => files.remove('/a'),
  )
  expect(left).toEqual(['', '/a=A'])
})

test('what was done to different names survives in any combination', () => {
  const left = leftOf(
    () => {},
    (files) => {
      put(files, '/a', 'A')
      put(files, '/b', 'B')
    },
  )
  expect(left).toEqual(['', '/a=A', '/a=A /b=B', '/b=B'])
})

test('a file moved through two names is under one of the three', () => {
  const left = leftOf(
    (files) => {
      put(files, '/a', 'A')
      put(files, '/b', 'B')
    },
    (files) => {
      files.rename('/a', '/b')
      files.rename('/b', '/c')
    },
  )
  expect(left).toEqual(['/a=A /b=B', '/b=A', '/c=A'])
})

test('a directory that was not made durable takes with it what was synced in it', () => {
  const left = leftOf(
    () => {},
    (files) => {
      files.makeDirectory('/d')
      put(files, '/d/a', 'A')
      files.syncDirectory('/d')
    },
  )
  expect(left).toEqual(['', '/d/a=A'])
})

test('a renamed directory keeps what is in it under either name', () => {
  const left = leftOf(
    (files) => {
      files.makeDirectory('/d')
      put(files, '/d/a', 'A')
      files.syncDirectory('/d')
    },
    (files) => files.rename('/d', '/e'),
  )
  expect(left).toEqual(['/d/a=A', '/e/a=A'])
})

test('a removed directory may be back with any of its files, and is never gone before them', () => {
  const left = leftOf(
    (files) => {
      files.makeDirectory('/d')
      put(files, '/d/a', 'A')
      put(files, '/d/b', 'B')
      files.syncDirectory('/d')
    },
    (files) => files.removeDirectory('/d'),
  )
  expect(left).toEqual(['', '/d/=', '/d/a=A', '/d/a=A /d/b=B', '/d/b=B'])
})

test('a file moved out of a directory that is then removed is never lost with it', () => {
  const left = leftOf(
    (files) => {
      files.makeDirectory('/d')
      put(files, '/d/a', 'A')
      files.syncDirectory('/d')
    },
    (files) => {
      files.rename('/d/a', '/a')
      files.removeDirectory('/d')
    },
  )
  expect(left).toEqual(['/a=A', '/a=A /d/=', '/d/a=A'])
})

test('a rename between directories is durable once both are synced, and at one place until then', () => {
  const move = (synced: string[]) =>
    leftOf(
      (files) => {
        files.makeDirectory('/d')
        files.makeDirectory('/e')
        put(files, '/d/a', 'A')
        files.syncDirectory('/d')
      },
      (files) => {
        files.rename('/d/a', '/e/a')
        for (const directory of synced) files.syncDirectory(directory)
      },
    )
  expect(move([])).toEqual(['/d/= /e/a=A', '/d/a=A /e/='])
  expect(move(['/e'])).toEqual(['/d/= /e/a=A', '/d/a=A /e/='])
  expect(move(['/e', '/d'])).toEqual(['/d/= /e/a=A'])
})

test('a sync of a directory takes with it what its names came from', () => {
  const left = leftOf(
    () => {},
    (files) => {
      files.makeDirectory('/d')
      put(files, '/d/a', 'A')
      files.rename('/d/a', '/a')
      put(files, '/a.tmp', 'B')
      files.rename('/a.tmp', '/a')
      files.syncDirectory('/')
    },
  )
  expect(left).toEqual(['/a=B /d/='])
})

test('a killed process leaves all names as they were seen, and none more durable', () => {
  const disk = new SimulatedDisk(1)
  put(disk.files(), '/a', 'A')
  disk.crash({ keepCache: true })
  expect(texts(disk.snapshot())).toEqual({ '/a': 'A' })
  expect(texts(disk.durable())).toEqual({})
})
