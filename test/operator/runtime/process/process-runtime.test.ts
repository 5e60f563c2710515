import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { type Clock, realClock } from '../../../../lib/clock.ts'
import { lockHolder } from '../../../../lib/kernel-lock.ts'
import {
  type DesiredBroker,
  ProcessRuntime,
  type ProcessRuntimeOptions,
  type RunningBroker,
} from '../../../../operator/runtime/process/process-runtime.ts'
import { ManualClock } from '../../../support/manual-clock.ts'

let directory: string
let metricsBasePort: number

const stub = {
  nodePath: process.execPath,
  nodeArguments: [],
  environment: {},
  main: new URL('stub-program.ts', import.meta.url).pathname,
}

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'kavka-runtime-'))
  metricsBasePort = await portThatIsFree()
  onTestFinished(() => {
    for (let id = 0; id < 5; id++) {
      const pid = pidThatHas(id)
      if (pid !== undefined) process.kill(pid, 'SIGKILL')
    }
    rmSync(directory, { recursive: true, force: true })
  })
})

async function open(more: Partial<ProcessRuntimeOptions> = {}): Promise<ProcessRuntime> {
  const runtime = await ProcessRuntime.open({
    directory,
    clusterId: 'AAAAAAAAAAAAAAAAAAAAAA',
    secretFile: join(directory, 'secret'),
    host: '127.0.0.1',
    advertisedHost: 'localhost',
    clientBasePort: 9_092,
    internalBasePort: 9_192,
    metricsBasePort,
    controllers: [{ host: '127.0.0.1', port: 9_191 }],
    stopWithoutControllerMs: 600_000,
    program: stub,
    clock: realClock,
    onChange: () => {},
    ...more,
  })
  onTestFinished(() => runtime.detach())
  return runtime
}

function broker(nodeId: number, config: Record<string, string> = {}): DesiredBroker {
  return { nodeId, rack: null, config, autoCreateTopics: true }
}

/** All serve, and nobody is missed. */
const all = { isServing: () => true, mayBeAway: () => () => true }

/** The broker once it holds what the test waits for. */
async function until(
  runtime: ProcessRuntime,
  nodeId: number,
  holds: (broker: RunningBroker) => boolean,
): Promise<RunningBroker> {
  const endMs = performance.now() + 10_000
  for (;;) {
    const found = runtime.brokers().find((own) => own.nodeId === nodeId)
    if (found !== undefined && holds(found)) return found
    if (performance.now() > endMs) throw new Error(JSON.stringify(runtime.brokers()))
    await sleep(5)
  }
}

/** Once its process has the data, and listens. */
async function running(runtime: ProcessRuntime, nodeId: number): Promise<number> {
  const { pid } = await until(runtime, nodeId, (own) => {
    return own.pid !== null && own.pid === pidThatHas(nodeId) && logOf(nodeId).endsWith('listens\n')
  })
  return pid as number
}

function fileOf(nodeId: number, name: string): string {
  return join(directory, 'brokers', `${nodeId}`, name)
}

function pidThatHas(nodeId: number): number | undefined {
  const [, pid] = /^pid (\d+)/.exec(lockHolder(fileOf(nodeId, 'data/.lock')) ?? '') ?? []
  return pid === undefined ? undefined : Number(pid)
}

function logOf(nodeId: number): string {
  return readFileSync(fileOf(nodeId, 'broker.log'), 'utf8')
}

function optionsOf(nodeId: number): { metricsPort: number; config: Record<string, string> } {
  return JSON.parse(readFileSync(fileOf(nodeId, 'options.json'), 'utf8'))
}

async function portThatIsFree(): Promise<number> {
  const port = await takePort(0)
  return port.release()
}

/** Another program's. */
async function takePort(wanted: number): Promise<{ port: number; release(): Promise<number> }> {
  const server = createServer().listen(wanted, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const release = async () => {
    server.close()
    await once(server, 'close')
    return port
  }
  return { port, release }
}

test('what is to be there is started, and its files are for its owner only', async () => {
  const runtime = await open()
  await runtime.apply([broker(0), broker(1)], all)
  const pids = [await running(runtime, 0), await running(runtime, 1)]
  const states = runtime.brokers().map(({ nodeId, state, clientPort }) => ({
    nodeId,
    state,
    clientPort,
  }))
  expect(states).toEqual([
    { nodeId: 0, state: 'Running', clientPort: 9_092 },
    { nodeId: 1, state: 'Running', clientPort: 9_093 },
  ])
  expect(new Set(pids).size).toBe(2)
  expect(statSync(join(directory, 'brokers/0')).mode & 0o777).toBe(0o700)
  expect(statSync(fileOf(0, 'broker.log')).mode & 0o077).toBe(0)
})

test('a broker that is killed is started again at once', async () => {
  const runtime = await open()
  await runtime.apply([broker(0)], all)
  const pid = await running(runtime, 0)
  process.kill(pid, 'SIGKILL')
  const { problem } = await until(runtime, 0, (own) => own.pid !== null && own.pid !== pid)
  expect(problem).toBeDefined()
  expect(await running(runtime, 0)).not.toBe(pid)
})

test('one that ends again and again waits longer each time', async () => {
  const clock = new ManualClock()
  const runtime = await open({
    clock,
    program: { ...stub, main: join(directory, 'is-not-there.ts') },
  })
  await runtime.apply([broker(0)], all)
  for (const delayMs of [0, 100, 200]) {
    await until(runtime, 0, ({ state }) => state === 'Waiting')
    if (delayMs > 0) await clock.advance(delayMs - 1)
    expect(runtime.brokers()[0]?.state).toBe('Waiting')
    await clock.advance(1)
    expect(runtime.brokers()[0]?.pid).not.toBeNull()
  }
  await until(runtime, 0, ({ state }) => state === 'Waiting')
})

test('one that refuses its settings is not tried again soon, and says why', async () => {
  const clock = new ManualClock()
  const runtime = await open({ clock })
  await runtime.apply([broker(0, { 'stub.refuses': 'log.dirs: is not to be set' })], all)
  const { problem } = await until(runtime, 0, ({ state }) => state === 'Waiting')
  expect(problem).toBe('log.dirs: is not to be set')
  await clock.advance(9_999)
  expect(runtime.brokers()[0]?.state).toBe('Waiting')

  await runtime.apply([broker(0)], all) // mended: that is reason enough
  await running(runtime, 0)
})

test('let go of, brokers run on, and whoever opens next has the same processes', async () => {
  const first = await open()
  await first.apply([broker(0), broker(1)], all)
  const pids = [await running(first, 0), await running(first, 1)]
  first.detach()

  const second = await open()
  await second.apply([broker(0), broker(1)], all)
  expect(second.brokers().map(({ pid, state }) => ({ pid, state }))).toEqual(
    pids.map((pid) => ({ pid, state: 'Running' })),
  )
})

test('a process that was found running is started again too when it ends', async () => {
  const first = await open()
  await first.apply([broker(0)], all)
  const pid = await running(first, 0)
  first.detach()

  const second = await open()
  await second.apply([broker(0)], all)
  process.kill(pid, 'SIGKILL')
  await until(second, 0, (own) => own.pid !== null && own.pid !== pid)
  expect(await running(second, 0)).not.toBe(pid)
})

test('a hint that a found process is gone is looked into at once', async () => {
  const first = await open()
  await first.apply([broker(0)], all)
  const pid = await running(first, 0)
  first.detach()

  const clock = new ManualClock() // nothing is looked at by itself
  const second = await open({ clock })
  await second.apply([broker(0)], all)
  process.kill(pid, 'SIGKILL')
  while (pidThatHas(0) !== undefined) await sleep(1)
  expect(second.brokers()[0]?.pid).toBe(pid)
  second.check(0)
  expect(second.brokers()[0]).toMatchObject({ state: 'Waiting', pid: null })
})

test('a process that has the data before the one that was started is taken over', async () => {
  mkdirSync(join(directory, 'brokers/0'), { recursive: true })
  const first = await open()
  const second = await open() // before there is anything to be found
  await first.apply([broker(0)], all)
  const pid = await running(first, 0)
  first.detach()
  await second.apply([broker(0)], all)
  await until(second, 0, (own) => own.pid === pid)
  expect(pidThatHas(0)).toBe(pid)
})

test('changed options restart brokers one after another, each once those before it serve', async () => {
  const runtime = await open()
  const before = [broker(0), broker(1), broker(2)]
  await runtime.apply(before, all)
  const pids = [await running(runtime, 0), await running(runtime, 1), await running(runtime, 2)]
  const pidsNow = () => runtime.brokers().map(({ pid }) => pid)

  const after = before.map(({ nodeId }) => broker(nodeId, { 'log.retention.ms': '1000' }))
  let serving = new Set([0, 1, 2])
  const known = { ...all, isServing: (id: number) => serving.has(id) }
  for (const id of [0, 1, 2]) {
    await runtime.apply(after, known)
    serving = new Set([0, 1, 2].filter((other) => other !== id))
    pids[id] = (await until(runtime, id, (own) => own.pid !== null && own.pid !== pids[id])).pid!
    await running(runtime, id)
    expect(optionsOf(id).config).toEqual({ 'log.retention.ms': '1000' })
    await runtime.apply(after, known) // it does not serve yet
    expect(pidsNow()).toEqual(pids)
    serving = new Set([0, 1, 2])
  }
  await runtime.apply(after, known)
  expect(pidsNow()).toEqual(pids)
})

test('nobody is started anew while others would miss it', async () => {
  const runtime = await open()
  await runtime.apply([broker(0), broker(1)], all)
  const pids = [await running(runtime, 0), await running(runtime, 1)]
  const after = [0, 1].map((id) => broker(id, { 'log.retention.ms': '1000' }))
  await runtime.apply(after, { ...all, mayBeAway: () => () => false })
  expect(runtime.isRolling).toBe(true)
  expect(runtime.brokers().map(({ pid, state }) => ({ pid, state }))).toEqual(
    pids.map((pid) => ({ pid, state: 'Running' })),
  )
  await runtime.apply(after, { ...all, mayBeAway: () => (id) => id === 1 })
  await until(runtime, 1, (own) => own.pid !== null && own.pid !== pids[1])
  expect(runtime.brokers()[0]?.pid).toBe(pids[0])
})

test('one that hangs is killed as the process that it is, and started again', async () => {
  const runtime = await open()
  await runtime.apply([broker(0)], all)
  const pid = await running(runtime, 0)
  process.kill(pid, 'SIGSTOP')
  runtime.kill(0, pid + 1, 'it was silent') // some other process
  runtime.kill(1, pid, 'it was silent')
  await sleep(50)
  expect(runtime.brokers()[0]).toMatchObject({ pid, state: 'Running' })
  runtime.kill(0, pid, 'it was silent')
  const { problem } = await until(runtime, 0, (own) => own.pid !== null && own.pid !== pid)
  expect(problem).toBe('it was silent')
  await running(runtime, 0)
})

test('found with other options than wanted, they are restarted in the same way', async () => {
  const first = await open()
  await first.apply([broker(0), broker(1)], all)
  const pids = [await running(first, 0), await running(first, 1)]
  first.detach()

  const second = await open({ controllers: [{ host: '127.0.0.1', port: 19_191 }] })
  await second.apply([broker(0), broker(1)], all)
  await until(second, 0, (own) => own.pid !== null && own.pid !== pids[0])
  expect(second.brokers()[1]?.pid).toBe(pids[1])
  await running(second, 0)
  await second.apply([broker(0), broker(1)], all)
  await until(second, 1, (own) => own.pid !== null && own.pid !== pids[1])
})

test('a broker too many is stopped and no longer told of; its files stay', async () => {
  const runtime = await open()
  await runtime.apply([broker(0), broker(1)], all)
  const pid = await running(runtime, 0)
  await running(runtime, 1)
  await runtime.apply([broker(0)], all)
  while (pidThatHas(1) !== undefined) await sleep(5)
  while (runtime.brokers().length > 1) await sleep(5)
  expect(runtime.brokers()).toEqual([expect.objectContaining({ nodeId: 0, pid })])
  expect(existsSync(fileOf(1, 'data/.lock'))).toBe(true)

  const again = await open()
  await again.apply([broker(0)], all)
  expect(again.brokers().map(({ nodeId }) => nodeId)).toEqual([0])

  await runtime.apply([broker(0), broker(1)], all)
  await running(runtime, 1)
})

test('stopping ends all, those that were found running too', async () => {
  const first = await open()
  await first.apply([broker(0)], all)
  await running(first, 0)
  first.detach()
  const second = await open()
  await second.apply([broker(0), broker(1)], all)
  await running(second, 1)
  await second.stop()
  expect([pidThatHas(0), pidThatHas(1)]).toEqual([undefined, undefined])
  expect(second.brokers().map(({ state }) => state)).toEqual(['Stopped', 'Stopped'])
})

test('one that does not end when it is told to is killed after forty seconds', async () => {
  const clock = new ManualClock()
  const runtime = await open({ clock })
  await runtime.apply([broker(0, { 'stub.deaf': 'yes' })], all)
  const pid = await running(runtime, 0)
  const stopped = runtime.stop()
  await clock.advance(39_999)
  expect(pidThatHas(0)).toBe(pid)
  await clock.advance(1)
  await stopped
  expect(pidThatHas(0)).toBeUndefined()
})

test('metrics whose port is taken are on the next one that is free, and stay there', async () => {
  const other = await takePort(metricsBasePort)
  onTestFinished(() => void other.release().catch(() => {}))
  const runtime = await open()
  await runtime.apply([broker(0)], all)
  const pid = await running(runtime, 0)
  const port = runtime.brokers()[0]?.metricsPort as number
  expect(port).toBeGreaterThan(metricsBasePort)
  expect(optionsOf(0).metricsPort).toBe(port)
  runtime.detach()
  await other.release()

  const next = await open()
  await next.apply([broker(0)], all)
  expect(next.brokers()[0]).toMatchObject({ pid, metricsPort: port })
})

test('a port that another program takes while a broker is away is not waited for', async () => {
  const runtime = await open({ clock: slowClock })
  await runtime.apply([broker(0)], all)
  const pid = await running(runtime, 0)
  process.kill(pid, 'SIGKILL')
  while (pidThatHas(0) !== undefined) await sleep(1)
  const other = await takePort(metricsBasePort)
  onTestFinished(() => void other.release().catch(() => {}))
  await until(runtime, 0, ({ metricsPort }) => metricsPort > metricsBasePort)
  await running(runtime, 0)
})

test('a port that another program had for a moment is tried again soon', async () => {
  const clock = new ManualClock()
  const runtime = await open({ clock })
  const marker = join(directory, 'was-refused')
  await runtime.apply([broker(0, { 'stub.port-taken-once': marker })], all)
  await until(runtime, 0, ({ state }) => state === 'Waiting')
  await clock.advance(100)
  await running(runtime, 0)
})

test('a folder that cannot be written is a problem in one line, which passes', async () => {
  mkdirSync(join(directory, 'brokers'))
  writeFileSync(join(directory, 'brokers/0'), 'a file in its place')
  const clock = new ManualClock()
  const runtime = await open({ clock })
  await runtime.apply([broker(0)], all)
  const [waiting] = runtime.brokers()
  expect(waiting?.state).toBe('Waiting')
  expect(waiting?.problem).toMatch(/^[^\n]*brokers\/0[^\n]*$/)
  rmSync(join(directory, 'brokers/0'))
  await clock.advance(10_000)
  await running(runtime, 0)
})

test('options that somebody has broken are written anew', async () => {
  mkdirSync(join(directory, 'brokers/0'), { recursive: true })
  writeFileSync(fileOf(0, 'options.json'), '{"metricsPort": 94')
  const runtime = await open()
  await runtime.apply([broker(0)], all)
  await running(runtime, 0)
  expect(optionsOf(0).metricsPort).toBe(metricsBasePort)
})

test('a broker whose files are deleted under it takes nobody with it', async () => {
  const runtime = await open()
  await runtime.apply([broker(0)], all)
  const pid = await running(runtime, 0)
  rmSync(join(directory, 'brokers'), { recursive: true })
  process.kill(pid, 'SIGKILL')
  await until(runtime, 0, (own) => own.pid !== null && own.pid !== pid)
  await running(runtime, 0)
})

test('what a broker prints is put aside once it has grown large', async () => {
  mkdirSync(join(directory, 'brokers/0'), { recursive: true })
  writeFileSync(fileOf(0, 'broker.log'), 'x'.repeat(10 * 2 ** 20 + 1))
  const runtime = await open()
  await runtime.apply([broker(0)], all)
  await running(runtime, 0)
  expect(logOf(0)).toBe('listens\n')
  expect(statSync(fileOf(0, 'broker.log.1')).size).toBe(10 * 2 ** 20 + 1)
})

/** Leaves another program a moment before a broker is started again. */
const slowClock: Clock = {
  ...realClock,
  timer: (delayMs, callback) => realClock.timer(Math.max(delayMs, 100), callback),
}
