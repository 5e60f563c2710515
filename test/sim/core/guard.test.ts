import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs'
import { readFile as readFileLater } from 'node:fs/promises'
import { gunzip, gunzipSync, gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { drive } from './drive.ts'
import { World } from './world.ts'

const zipped = gzipSync('zipped')

const foreign: Record<string, { run: () => unknown; type: string }> = {
  setTimeout: { run: () => setTimeout(() => {}, 1), type: 'Timeout' },
  'AbortSignal.timeout': { run: () => AbortSignal.timeout(1), type: 'Timeout' },
  setImmediate: { run: () => setImmediate(() => {}), type: 'Immediate' },
  'a call of fs': { run: () => readFile('/dev/null', () => {}), type: 'FSREQCALLBACK' },
  'a call of fs/promises': { run: () => readFileLater('/dev/null'), type: 'FSREQ' },
  'a call of zlib': { run: () => gunzip(zipped, () => {}), type: 'ZLIB' },
  'random bytes': { run: () => randomBytes(4), type: 'RANDOMBYTESREQUEST' },
  'a digest': {
    run: () => crypto.subtle.digest('SHA-256', new Uint8Array(1)),
    type: 'HASHREQUEST',
  },
  'a message to a thread': {
    run() {
      const { port1, port2 } = new MessageChannel()
      port1.close()
      port2.close()
    },
    type: 'MESSAGEPORT',
  },
}

test.each(Object.entries(foreign))(
  'what no port gives fails the run: %s',
  async (_, { run, type }) => {
    const world = new World(1)
    world.at(1, 'mistake', () => {
      // Behind an await, where nothing of the event is on the stack.
      void (async () => {
        await Promise.resolve()
        run()
      })()
    })
    const failure = await drive(world, 10)
    expect(failure).toMatchObject({ invariant: 'ForeignWork', atMs: 1 })
    expect(failure?.detail).toContain(type)
    expect(failure?.error, 'it says where').toHaveProperty(
      'stack',
      expect.stringContaining('guard.test.ts'),
    )
  },
)

test('synchronous calls of zlib may be allowed', async () => {
  const world = new World(1)
  world.at(1, 'event', () => void gunzipSync(zipped))
  expect(await drive(world, 10, { allow: ['ZLIB'] })).toBeUndefined()
})

test('outside of a run nothing is watched', async () => {
  const world = new World(1)
  world.at(1, 'event', () => {})
  const running = drive(world, 10)
  await new Promise((resolve) => void setTimeout(resolve, 1))
  expect(await running).toBeUndefined()
})
