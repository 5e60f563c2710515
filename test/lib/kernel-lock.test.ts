import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { realClock } from '../../lib/clock.ts'
import { acquireLock } from '../../lib/kernel-lock.ts'

let folder: string
let path: string
const children: ChildProcess[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kavka-lock-'))
  path = join(folder, '.lock')
})

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  rmSync(folder, { recursive: true })
})

const acquire = (describe = 'this test', waitMs = 0) =>
  acquireLock(path, { waitMs, clock: realClock, describe })

/** A process that has the lock, and a child of its own that sleeps. */
async function holder(): Promise<{ child: ChildProcess; grandchild: number }> {
  const child = spawn(process.execPath, [new URL('hold-lock.ts', import.meta.url).pathname, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  const [line] = await once(child.stdout as NodeJS.ReadableStream, 'data')
  return { child, grandchild: Number(String(line)) }
}

test('who comes second is told who has the lock', async () => {
  const { child } = await holder()
  await expect(acquire()).rejects.toMatchObject({
    name: 'LockHeldError',
    message: `${path} is held by pid ${child.pid}: a process of a test`,
  })
})

test('a kill -9 of the holder frees the lock at once, though a child of it lives on', async () => {
  const { child, grandchild } = await holder()
  try {
    child.kill('SIGKILL')
    await once(child, 'exit')
    const lock = await acquire()
    expect(() => process.kill(grandchild, 0)).not.toThrow()
    lock.release()
  } finally {
    process.kill(grandchild, 'SIGKILL')
  }
})

test('who may wait gets it once the other lets go', async () => {
  const first = await acquire('the first')
  const second = acquire('the second', 10_000)
  first.release()
  const lock = await second
  await expect(acquire()).rejects.toThrow(`pid ${process.pid}: the second`)
  lock.release()
})

test('releasing twice does not take it from who has it then', async () => {
  const first = await acquire()
  first.release()
  const second = await acquire()
  first.release()
  await expect(acquire()).rejects.toThrow('is held by')
  second.release()
})

test('a directory that is not there is an error, and no wait', async () => {
  path = join(folder, 'none', '.lock')
  await expect(acquire('this test', 10_000)).rejects.toMatchObject({ code: 'ENOENT' })
})
