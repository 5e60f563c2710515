import type * as NodeFs from 'node:fs'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { realFiles as files } from '../../lib/real-files.ts'

/** How many bytes the system takes at once: it may always take fewer than it is given. */
const system = vi.hoisted(() => ({ mostBytes: Number.POSITIVE_INFINITY, calls: [] as number[] }))

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof NodeFs>()
  const some = (parts: Uint8Array[]) => {
    system.calls.push(parts.length)
    if (system.mostBytes === Number.POSITIVE_INFINITY) return parts
    return [Buffer.concat(parts).subarray(0, system.mostBytes)]
  }
  return {
    ...fs,
    writevSync: (fd: number, parts: Uint8Array[], at: number) => fs.writevSync(fd, some(parts), at),
    writev: (fd: number, parts: Uint8Array[], at: number, done: () => void) =>
      fs.writev(fd, some(parts), at, done),
  }
})

const directory = mkdtempSync(join(tmpdir(), 'kavka-files-'))
afterAll(() => rmSync(directory, { recursive: true }))
const at = (...names: string[]) => join(directory, ...names)

beforeEach(() => {
  for (const name of files.list(directory)) files.removeDirectory(at(name))
  Object.assign(system, { mostBytes: Number.POSITIVE_INFINITY, calls: [] })
})

const bytes = (text: string) => Buffer.from(text)
const textOf = (path: string) => readFileSync(path, 'latin1')

describe('names', () => {
  test('a directory that is not there has no names in it', () => {
    expect(files.list(at('none'))).toEqual([])
  })

  test('a file that is not there reads as undefined, and cannot be opened', () => {
    expect(files.readFile(at('none'))).toBeUndefined()
    expect(() => files.open(at('none'))).toThrow(expect.objectContaining({ code: 'ENOENT' }))
  })

  test('removing what is not there is fine', () => {
    files.remove(at('none'))
    files.removeDirectory(at('none'))
    expect(files.list(directory)).toEqual([])
  })

  test('making a directory makes those above it, and one that is there stays as it is', () => {
    files.makeDirectory(at('a', 'b'))
    files.create(at('a', 'b', 'file')).close()
    files.makeDirectory(at('a', 'b'))
    expect(files.list(at('a', 'b'))).toEqual(['file'])
  })

  test('creating a file that is there keeps what is in it', () => {
    writeFileSync(at('file'), 'kept')
    const file = files.create(at('file'))
    expect(file.sizeBytes()).toBe(4)
    file.close()
  })

  test('a rename takes the place of a file that is there', () => {
    writeFileSync(at('old'), 'old')
    writeFileSync(at('new'), 'new')
    files.rename(at('new'), at('old'))
    expect(files.list(directory)).toEqual(['old'])
    expect(files.readFile(at('old'))).toEqual(bytes('new'))
  })

  test('a directory is synced, and a file is not taken for one', () => {
    files.makeDirectory(at('a'))
    files.syncDirectory(at('a'))
    writeFileSync(at('file'), '')
    expect(() => files.syncDirectory(at('file'))).toThrow(/ENOTDIR/)
    expect(() => files.syncDirectory(at('none'))).toThrow(/ENOENT/)
  })
})

describe.each(['now', 'later'] as const)('reading and writing, %s', (when) => {
  const open = (path: string) => {
    const file = files.create(path)
    return {
      [Symbol.dispose]: () => file.close(),
      write: async (parts: readonly Uint8Array[], position: number) =>
        when === 'now' ? file.write(parts, position) : file.writeLater(parts, position),
      read: async (into: Uint8Array, position: number) =>
        when === 'now' ? file.read(into, position) : file.readLater(into, position),
      sync: async () => (when === 'now' ? file.sync() : file.syncLater()),
    }
  }

  test('parts are written one behind the other from the position on, empty ones among them', async () => {
    using file = open(at('file'))
    await file.write([bytes('ab'), bytes(''), bytes('cd')], 3)
    await file.write([], 0)
    await file.write([bytes('')], 0)
    await file.sync()
    expect(textOf(at('file'))).toBe('\0\0\0abcd')
  })

  test('a read gives fewer bytes than asked for only at the end of the file', async () => {
    using file = open(at('file'))
    await file.write([bytes('abcdef')], 0)
    const into = Buffer.alloc(4)
    expect(await file.read(into, 1)).toBe(4)
    expect(into.toString()).toBe('bcde')
    expect(await file.read(into, 4)).toBe(2)
    expect(await file.read(into, 6)).toBe(0)
    expect(await file.read(into, 100)).toBe(0)
    expect(await file.read(Buffer.alloc(0), 0)).toBe(0)
  })

  test('what the system took only in part is carried on with', async () => {
    system.mostBytes = 3
    using file = open(at('file'))
    await file.write([bytes('ab'), bytes('cdefg'), bytes('h')], 0)
    expect(textOf(at('file'))).toBe('abcdefgh')
    expect(system.calls.length).toBe(3)
  })

  test('more parts than one writev takes are written in several, 1024 at a time', async () => {
    const parts = Array.from({ length: 2_500 }, (_, index) => bytes(`${index},`))
    using file = open(at('file'))
    await file.write(parts, 0)
    expect(textOf(at('file'))).toBe(Buffer.concat(parts).toString())
    expect(system.calls).toEqual([1024, 1024, 452])
  })

  test('a system that takes nothing is an error, not a loop', async () => {
    system.mostBytes = 0
    using file = open(at('file'))
    await expect(file.write([bytes('ab')], 0)).rejects.toThrow(at('file'))
  })

  test.runIf(process.platform === 'linux')(
    'an error of an open file says which file it was',
    async () => {
      using file = open('/dev/full')
      const full = {
        code: 'ENOSPC',
        path: '/dev/full',
        message: expect.stringMatching('/dev/full'),
      }
      await expect(file.write([bytes('ab')], 0)).rejects.toThrow(expect.objectContaining(full))
      await expect(file.sync()).rejects.toThrow(/EINVAL.*\/dev\/full/)
    },
  )

  test('a negative position is refused: Node would write wherever the file stands', async () => {
    using file = open(at('file'))
    await expect(file.write([bytes('ab')], -1)).rejects.toThrow('a position in a file is a count')
    await expect(file.read(Buffer.alloc(1), -1)).rejects.toThrow('a position in a file is a count')
  })
})

test('truncating cuts a file off, or fills it up with zeros', () => {
  const file = files.create(at('file'))
  file.write([bytes('abcdef')], 0)
  file.truncate(2)
  file.truncate(4)
  expect(textOf(at('file'))).toBe('ab\0\0')
  file.close()
})

test('a file that was closed is not asked again, and closing twice is closing once', () => {
  const file = files.create(at('file'))
  file.close()
  const other = files.create(at('other')) // which gets the same descriptor
  file.close()
  expect(() => file.write([bytes('ab')], 0)).toThrow('a file that was closed')
  other.write([bytes('ab')], 0)
  other.close()
})

test('a close lets what is in flight come to its end', async () => {
  const file = files.create(at('file'))
  const parts = Array.from({ length: 3_000 }, () => bytes('ab'))
  const written = file.writeLater(parts, 0)
  file.close()
  const other = files.create(at('other'))
  await written
  expect(files.readFile(at('file'))?.length).toBe(6_000)
  expect(other.sizeBytes()).toBe(0)
  other.close()
})
