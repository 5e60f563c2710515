import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { type Broker, startBroker } from '../../broker/broker.ts'
import type { BrokerEnds } from '../../broker/broker-ends.ts'
import type { BrokerOptions } from '../../broker/config/broker-options.ts'
import { connect } from '../../broker/net/connect.ts'
import { errorCodes } from '../../broker/protocol/generated/error-codes.ts'
import { nextOffsetOf } from '../../broker/protocol/records/header.ts'
import { realClock } from '../../lib/clock.ts'
import type { Files } from '../../lib/files.ts'
import { acquireLock } from '../../lib/kernel-lock.ts'
import { createLogger, silentLogger } from '../../lib/logger.ts'
import { lookupAll } from '../../lib/lookup-all.ts'
import { realRandom } from '../../lib/random.ts'
import { realFiles } from '../../lib/real-files.ts'
import { FakeController } from '../support/fake-controller.ts'
import { secret } from '../support/test-cluster.ts'
import { numberedBatch } from './log/numbered-batches.ts'
import { until } from './net/support.ts'
import { freePort, makeTopic, optionsIn, produce, temporaryFolder } from './running-broker.ts'
import { stubServing } from './stub-serving.ts'

type Started = {
  readonly broker: Broker
  readonly fatal: unknown[]
  /** Why it wanted to be stopped. */
  readonly mustStop: string[]
  readonly lines: Record<string, unknown>[]
}

/** A broker in this process. */
async function start(options: BrokerOptions, more: Partial<BrokerEnds> = {}): Promise<Started> {
  const fatal: unknown[] = []
  const mustStop: string[] = []
  const lines: Started['lines'] = []
  const broker = await startBroker(options, {
    files: realFiles,
    clock: realClock,
    random: realRandom,
    log: createLogger({ to: { write: (line) => void lines.push(JSON.parse(line)) } }),
    secret,
    lock: (path) => acquireLock(path, { waitMs: 0, clock: realClock, describe: 'a test' }),
    makeServing: stubServing,
    onFatal: (error) => void fatal.push(error),
    lookup: lookupAll,
    diskRoom: async () => ({ freeBytes: 0, sizeBytes: 1 }),
    ground: () => undefined,
    onMustStop: (why) => void mustStop.push(why),
    ...more,
  })
  onTestFinished(() =>
    broker.stop().then(
      () => {},
      () => {},
    ),
  )
  return { broker, fatal, mustStop, lines }
}

/** Real files, on a disk that has no room for some of them from when the test says so. */
function fillingUp() {
  let full: RegExp | undefined
  const check = (path: string) => {
    if (full?.test(path) !== true) return
    throw Object.assign(new Error(`ENOSPC: no space left on device '${path}'`), { code: 'ENOSPC' })
  }
  const opened = (open: Files['open']): Files['open'] => {
    return (path) => {
      const file = open(path)
      return new Proxy(file, {
        get(own, name) {
          const member: unknown = Reflect.get(own, name)
          if (typeof member !== 'function') return member
          if (name === 'write') {
            return (...args: Parameters<typeof own.write>) => {
              check(path)
              own.write(...args)
            }
          }
          if (name === 'writeLater') {
            return async (...args: Parameters<typeof own.writeLater>) => {
              check(path)
              return own.writeLater(...args)
            }
          }
          return member.bind(own)
        },
      })
    }
  }
  const files: Files = {
    ...realFiles,
    open: opened((path) => realFiles.open(path)),
    create: opened((path) => realFiles.create(path)),
  }
  return { files, fill: (paths: RegExp) => void (full = paths) }
}

const ready = ({ broker }: Started) => until(() => broker.notReady === undefined, 'it is ready')

test('a full disk takes the logs that are written to offline, not the broker', async () => {
  await using controller = await FakeController.start()
  makeTopic(controller, 'orders', 1)
  makeTopic(controller, 'carts', 2)
  const { files, fill } = fillingUp()
  const started = await start(optionsIn(temporaryFolder(), controller.address), { files })
  await ready(started)
  const { port } = started.broker
  const connection = await connect({ host: '127.0.0.1', port, clock: realClock })
  expect((await produce(connection, 'orders', 0)).errorCode).toBe(0)
  fill(/orders-0/)
  const refused = await produce(connection, 'orders', 0)
  expect(refused.errorCode).toBe(errorCodes.KAFKA_STORAGE_ERROR)
  expect((await produce(connection, 'carts', 0)).errorCode).toBe(0)
  expect(started.fatal).toEqual([])
  const metrics = await fetch(`http://127.0.0.1:${started.broker.metricsPort}/metrics`)
  expect(await metrics.text()).toMatch(/^kafka_server_replicamanager_offlinereplicacount 1$/m)
  connection.close()
  expect(await started.broker.stop(), 'the next start has to look at it').toEqual({ clean: false })
})

test('a disk without room for the copy of the metadata log does not keep the broker from following', async () => {
  await using controller = await FakeController.start()
  const { files, fill } = fillingUp()
  let freeBytes = 0
  const diskRoom = async () => ({ freeBytes, sizeBytes: 1_000_000 })
  const started = await start(optionsIn(temporaryFolder(), controller.address), { files, diskRoom })
  await ready(started)
  fill(/__cluster_metadata/)
  makeTopic(controller, 'orders', 1)
  const { port } = started.broker
  const connection = await connect({ host: '127.0.0.1', port, clock: realClock })
  while ((await produce(connection, 'orders', 0)).errorCode !== 0); // until it has heard of it
  connection.close()
  expect([started.fatal, started.mustStop]).toEqual([[], []])
  await until(() => controller.heartbeats.at(-1)?.offlineLogDirs.length === 1, 'it is told')
  freeBytes = 50_000
  await until(() => started.mustStop.length > 0, 'it is to start anew')
  expect(started.mustStop).toEqual(['there is room on the disk again'])
})

test('a disk that is full at the start is an error of the disk, and nothing is held', async () => {
  const nobody = { host: '127.0.0.1', port: await freePort() }
  const options = optionsIn(temporaryFolder(), nobody)
  const { files, fill } = fillingUp()
  fill(/meta.properties/)
  await expect(start(options, { files })).rejects.toMatchObject({ code: 'ENOSPC' })
  fill(/nothing any more/)
  await start(options, { files })
})

test('the copy of the metadata log is not taken for a partition', async () => {
  await using controller = await FakeController.start()
  const options = optionsIn(temporaryFolder(), controller.address)
  const first = await start(options)
  await ready(first)
  await first.broker.stop()
  expect(readdirSync(options.dataDir)).toContain('__cluster_metadata-0')
  const second = await start(options)
  await ready(second)
  expect(second.lines.filter(({ level }) => level === 'error')).toEqual([])
  expect((await second.broker.stop()).clean).toBe(true)
})

test('a log that cannot be trusted stays offline, which is said, and the others are served', async () => {
  await using controller = await FakeController.start()
  makeTopic(controller, 'orders', 1)
  const options = optionsIn(temporaryFolder(), controller.address)
  const first = await start(options)
  await ready(first)
  await first.broker.stop()
  mkdirSync(join(options.dataDir, 'carts-0'))
  writeFileSync(join(options.dataDir, 'carts-0', '00000000000000000000.log'), 'x')
  const second = await start(options)
  await ready(second)
  expect(second.lines.find(({ level }) => level === 'error')).toMatchObject({
    message: 'a log stays offline',
    topic: 'carts',
    partition: 0,
    problem: 'Untrusted',
    reason: expect.stringContaining('no partition.metadata'),
  })
  const { port } = second.broker
  const connection = await connect({ host: '127.0.0.1', port, clock: realClock })
  expect((await produce(connection, 'orders', 0)).errorCode).toBe(0)
  connection.close()
})

test('an orderly stop writes up to where consumers could read', async () => {
  await using controller = await FakeController.start()
  makeTopic(controller, 'orders', 1)
  const options = optionsIn(temporaryFolder(), controller.address)
  const { broker, ...started } = await start(options)
  await ready({ broker, ...started })
  const connection = await connect({ host: '127.0.0.1', port: broker.port, clock: realClock })
  await produce(connection, 'orders', 0)
  connection.close()
  expect(await broker.stop()).toEqual({ clean: true })
  const file = join(options.dataDir, 'replication-offset-checkpoint')
  const end = nextOffsetOf(numberedBatch(0), 0)
  expect(readFileSync(file, 'utf8')).toBe(`0\n1\norders 0 ${end}\n`)
})

test('a data directory whose copy is of a newer kavka stays as an orderly stop left it', async () => {
  await using controller = await FakeController.start()
  const options = optionsIn(temporaryFolder(), controller.address)
  const first = await start(options)
  await ready(first)
  await first.broker.stop()
  const files: Files = {
    ...realFiles,
    readFile(path) {
      const bytes = realFiles.readFile(path)
      if (!/__cluster_metadata-0.*\.log$/.test(path) || bytes === undefined) return bytes
      return Buffer.concat([bytes.subarray(0, 61), Buffer.from([1, 2, 3]), bytes.subarray(64)])
    },
  }
  await expect(start(options, { files })).rejects.toThrow()
  expect(readdirSync(options.dataDir)).toContain('.kafka_cleanshutdown')
})

test('a broker that nobody talks to sends heartbeats, and that is all it does', async () => {
  await using controller = await FakeController.start()
  const timers: number[] = []
  const clock = {
    ...realClock,
    timer(delayMs: number, callback: () => void) {
      timers.push(delayMs)
      return realClock.timer(delayMs, callback)
    },
  }
  const started = await start(optionsIn(temporaryFolder(), controller.address), {
    clock,
    log: silentLogger,
  })
  await ready(started)
  const { length } = controller.heartbeats
  await until(() => controller.heartbeats.length >= length + 2, 'it is unfenced and idle')
  timers.length = 0
  const from = controller.heartbeats.length
  await until(() => controller.heartbeats.length >= from + 4, 'two seconds go by')
  const often = timers.filter((delayMs) => delayMs < 500)
  expect(often).toEqual([])
  expect(timers.filter((delayMs) => delayMs === 500).length).toBeLessThanOrEqual(5)
})
