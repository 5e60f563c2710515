import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { FakeController } from '../support/fake-controller.ts'
import { uuid } from './metadata/support.ts'
import { freePort, optionsIn, RunningBroker, temporaryFolder } from './running-broker.ts'

test.each([
  [['--conf', 'x'], /^kavka broker: usage: main.ts --config FILE.json\n$/],
  [['--config', '/nowhere/b.json'], /^kavka broker: \/nowhere\/b.json: cannot be read: no such/],
])('started wrongly (%j) it says so and ends with 64', async (args, line) => {
  const broker = RunningBroker.withArgs(args)
  expect(await broker.exit()).toEqual({ code: 64, signal: null })
  expect(broker.stderr).toMatch(line)
})

const nobody = { host: '127.0.0.1', port: 1 }

test('a configuration that is wrong is refused with file and field, and 64', async () => {
  const folder = temporaryFolder()
  const broker = RunningBroker.start(folder, { ...optionsIn(folder, nobody), nodeId: 'x' })
  expect(await broker.exit()).toEqual({ code: 64, signal: null })
  expect(broker.stderr).toMatch(/^kavka broker: \S+broker.json: nodeId: must be .*, found "x"\n$/)
})

test('a secret that anybody could guess is refused, and never shown', async () => {
  const folder = temporaryFolder()
  const options = optionsIn(folder, nobody)
  writeFileSync(options.secretFile, 'short')
  const broker = RunningBroker.start(folder, options)
  expect(await broker.exit()).toEqual({ code: 64, signal: null })
  expect(broker.stderr).toMatch(/secretFile: must have 16 bytes or more, \S+ has 5\n$/)
  expect(broker.stderr + JSON.stringify(broker.lines)).not.toContain('short')
})

test.each(['client', 'internal', 'metrics'])('a %s port that is taken: 69', async (which) => {
  const server = createServer().listen({ host: '127.0.0.1', port: 0 })
  onTestFinished(() => void server.close())
  await new Promise((resolve) => void server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  const folder = temporaryFolder()
  const options = optionsIn(folder, nobody)
  const { client, internal } = options.listeners
  const taken = {
    ...options,
    listeners: {
      client: which === 'client' ? { ...client, port } : client,
      internal: which === 'internal' ? { ...internal, port } : internal,
    },
    metricsPort: which === 'metrics' ? port : 0,
  }
  const broker = RunningBroker.start(folder, taken)
  expect(await broker.exit()).toEqual({ code: 69, signal: null })
  expect(broker.stderr).toMatch(new RegExp(`127.0.0.1:${port}: the address is in use\\n$`))
})

test('a port that is taken leaves a data directory as an orderly stop left it', async () => {
  await using controller = await FakeController.start()
  const folder = temporaryFolder()
  const options = optionsIn(folder, controller.address)
  const first = RunningBroker.start(folder, options)
  await first.ready()
  const { client } = await first.said('listens')
  first.kill('SIGTERM')
  await first.exit()
  const marker = () => readFileSync(join(options.dataDir, '.kafka_cleanshutdown'), 'utf8')
  const before = marker()

  const server = createServer().listen({ host: '127.0.0.1', port: client as number })
  onTestFinished(() => void server.close())
  await new Promise((resolve) => void server.once('listening', resolve))
  const own = { ...options.listeners.client, port: client as number }
  const taken = { ...options, listeners: { ...options.listeners, client: own } }
  const second = RunningBroker.start(folder, taken)
  expect((await second.exit()).code).toBe(69)
  expect(marker()).toBe(before)
})

test('a data directory that another process has: it waits, says who, and ends with 73', {
  timeout: 40_000,
}, async () => {
  const folder = temporaryFolder()
  const options = optionsIn(folder, { ...nobody, port: await freePort() })
  const first = RunningBroker.start(folder, options)
  await first.said('listens')
  const second = RunningBroker.start(folder, options)
  expect(await second.exit()).toEqual({ code: 73, signal: null })
  expect(second.stderr).toMatch(/\.lock is held by pid \d+: broker 3 of cluster \S+\n$/)
})

test('a data directory that is let go of in time is taken', async () => {
  await using controller = await FakeController.start()
  const folder = temporaryFolder()
  const options = optionsIn(folder, controller.address)
  const first = RunningBroker.start(folder, options)
  await first.ready()
  const second = RunningBroker.start(folder, options)
  first.kill('SIGKILL')
  await second.ready()
})

test.each([
  ['cluster', { clusterId: uuid(77) }, /meta.properties has cluster id \S+, expected \S+:/],
  ['broker', { nodeId: 4 }, /meta.properties has broker id 3, expected 4:/],
])('a data directory of another %s is refused with 73, untouched', async (_, more, line) => {
  const folder = temporaryFolder()
  const options = optionsIn(folder, { ...nobody, port: await freePort() })
  const first = RunningBroker.start(folder, options)
  await first.said('listens')
  first.kill('SIGKILL')
  await first.exit()
  const meta = readFileSync(join(options.dataDir, 'meta.properties'))
  const second = RunningBroker.start(folder, { ...options, ...more })
  expect(await second.exit()).toEqual({ code: 73, signal: null })
  expect(second.stderr).toMatch(line)
  expect(readFileSync(join(options.dataDir, 'meta.properties'))).toEqual(meta)
})

test('a directory with other files in it is no data directory: 73', async () => {
  const folder = temporaryFolder()
  const options = optionsIn(folder, nobody)
  mkdirSync(options.dataDir)
  writeFileSync(join(options.dataDir, 'holiday.jpg'), '')
  const broker = RunningBroker.start(folder, options)
  expect(await broker.exit()).toEqual({ code: 73, signal: null })
  expect(broker.stderr).toMatch(/is not empty \(holiday.jpg\)/)
})

test('our own mistake ends the process with 70, after one line that says where', async () => {
  await using controller = await FakeController.start()
  const folder = temporaryFolder()
  const options = optionsIn(folder, controller.address)
  const broker = RunningBroker.start(folder, options, 'failing')
  expect(await broker.exit()).toEqual({ code: 70, signal: null })
  expect(broker.stderr).toBe('kavka broker: nobody thought of this\n')
  const errors = broker.lines.filter(({ level }) => level === 'error')
  expect(errors).toHaveLength(1)
  expect(errors[0]).toMatchObject({ message: 'ends', exitCode: 70 })
  expect(JSON.stringify(errors[0])).toContain('failing-main.ts')
})
