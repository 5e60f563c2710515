import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { nextOffsetOf } from '../../broker/protocol/records/header.ts'
import { groundOf } from '../../lib/ground.ts'
import { FakeController } from '../support/fake-controller.ts'
import { bytesOf } from './log/log-support.ts'
import { numberedBatch, openNumbered } from './log/numbered-batches.ts'
import { until } from './net/support.ts'
import {
  freePort,
  makeTopic,
  optionsIn,
  produce,
  RunningBroker,
  temporaryFolder,
} from './running-broker.ts'

test('a broker that was started gets ready', async () => {
  await using controller = await FakeController.start()
  const folder = temporaryFolder()
  const broker = RunningBroker.start(folder, optionsIn(folder, controller.address))
  await broker.ready()
  expect(controller.isUnfenced(3)).toBe(true)
  expect((await broker.get('/healthz')).status).toBe(200)
})

test('what is shipped gets ready too', async () => {
  await using controller = await FakeController.start()
  const folder = temporaryFolder()
  const broker = RunningBroker.start(folder, optionsIn(folder, controller.address), 'shipped')
  await broker.ready()
  broker.kill('SIGINT')
  expect(await broker.exit()).toEqual({ code: 0, signal: null })
})

test('a file that brokers share leaves it to the environment who each is', async () => {
  vi.stubEnv('KAVKA_NODE_ID', '7')
  onTestFinished(() => void vi.unstubAllEnvs())
  await using controller = await FakeController.start()
  const folder = temporaryFolder()
  const { nodeId: _, ...shared } = optionsIn(folder, controller.address)
  const broker = RunningBroker.start(folder, shared)
  await broker.ready()
  expect(controller.isUnfenced(7)).toBe(true)
})

test('its registration says what others dial, and how it was left', async () => {
  await using controller = await FakeController.start()
  const folder = temporaryFolder()
  const options = optionsIn(folder, controller.address, { rack: 'a' })
  const first = RunningBroker.start(folder, options)
  await first.ready()
  const { client, internal, directoryId } = await first.said('listens')
  expect(controller.registrations[0]).toMatchObject({
    brokerId: 3,
    rack: 'a',
    listeners: [
      { name: 'client', host: 'localhost', port: client },
      { name: 'internal', host: 'localhost', port: internal },
    ],
    logDirs: [directoryId],
    previousBrokerEpoch: -1,
  })
  first.kill('SIGTERM')
  expect(await first.exit()).toEqual({ code: 0, signal: null })

  const second = RunningBroker.start(folder, options)
  await second.ready()
  const { brokerEpoch } = (await first.said('registered with the controller')) as never
  const [before, after] = controller.registrations
  expect(after?.previousBrokerEpoch).toBe(brokerEpoch)
  expect(after?.logDirs).toEqual(before?.logDirs)
  expect(after?.incarnationId).not.toBe(before?.incarnationId)

  second.kill('SIGKILL')
  await second.exit()
  const third = RunningBroker.start(folder, options)
  await third.ready()
  expect(controller.registrations[2]?.previousBrokerEpoch, 'it was not stopped in order').toBe(-1)
  const isKnown = groundOf(folder) !== undefined // on Linux
  expect(controller.registrations.map((own) => own.isCacheKept)).toEqual([false, false, isKnown])
})

test('SIGTERM: it asks to be relieved, answers what it was asked, and ends with 0', async () => {
  await using controller = await FakeController.start()
  const folder = temporaryFolder()
  const broker = RunningBroker.start(folder, optionsIn(folder, controller.address))
  await broker.ready()
  broker.kill('SIGTERM')
  expect(await broker.exit()).toEqual({ code: 0, signal: null })
  expect(controller.heartbeats.at(-1)?.wantShutDown).toBe(true)
  const stopped = await broker.said('stopped')
  expect(stopped).toMatchObject({ clean: true })
  console.log(`SIGTERM to stopped: ${stopped['tookMs']} ms`)
  expect(broker.stderr).toBe('')
  await until(() => controller.connections === 0, 'it has closed its connections')
})

test('SIGTERM while it waits for a controller ends it at once', async () => {
  const folder = temporaryFolder()
  const nobody = { host: '127.0.0.1', port: await freePort() }
  const broker = RunningBroker.start(folder, optionsIn(folder, nobody))
  await broker.said('no controller is followed, dialling on')
  const beganMs = performance.now()
  broker.kill('SIGTERM')
  expect(await broker.exit()).toEqual({ code: 0, signal: null })
  expect(performance.now() - beganMs).toBeLessThan(5_000)
})

test('SIGINT and then SIGTERM, as after Ctrl-C, is one wish to stop', async () => {
  await using controller = await FakeController.start()
  const folder = temporaryFolder()
  const broker = RunningBroker.start(folder, optionsIn(folder, controller.address))
  await broker.ready()
  const beat = { throttleTimeMs: 0, errorCode: 0, isFenced: false, shouldShutDown: false }
  controller.scripted = { BrokerHeartbeat: () => beat }
  broker.kill('SIGINT')
  await broker.said('stops')
  expect(await broker.get('/readyz')).toMatchObject({ status: 503, text: 'stopping\n' })
  broker.kill('SIGTERM')
  controller.scripted = {}
  expect(await broker.exit()).toEqual({ code: 0, signal: null })
})

test('a broker goes on when nobody reads what it says any more', async () => {
  await using controller = await FakeController.start()
  const folder = temporaryFolder()
  const options = optionsIn(folder, controller.address)
  const broker = RunningBroker.start(folder, options)
  await broker.ready()
  broker.closeOutput()
  controller.drop() // which it says
  const { length } = controller.heartbeats
  await until(() => controller.heartbeats.length >= length + 3, 'it goes on')
  broker.kill('SIGTERM')
  expect(await broker.exit()).toEqual({ code: 0, signal: null })
})

test('a second SIGTERM ends a stop that takes too long', async () => {
  await using controller = await FakeController.start()
  const folder = temporaryFolder()
  const broker = RunningBroker.start(folder, optionsIn(folder, controller.address))
  await broker.ready()
  const beat = { throttleTimeMs: 0, errorCode: 0, isFenced: false, shouldShutDown: false }
  controller.scripted = { BrokerHeartbeat: () => beat }
  broker.kill('SIGTERM')
  await broker.said('stops')
  broker.kill('SIGTERM')
  expect(await broker.exit()).toEqual({ code: 70, signal: null })
  expect(broker.stderr).toBe(
    'kavka broker: did not stop in order, ends as it is after a second SIGTERM\n',
  )
})

test.each([
  { how: 'SIGTERM', kills: 1 },
  { how: 'SIGKILL', kills: 3 },
] as const)('$how while it is written to: what was acknowledged is there', async (life) => {
  await using controller = await FakeController.start()
  const folder = temporaryFolder()
  const options = optionsIn(folder, controller.address)
  makeTopic(controller, 'orders', 1)
  let next = 0
  for (let kill = 0; kill < life.kills; kill++) {
    const broker = RunningBroker.start(folder, options)
    await broker.ready()
    await until(() => controller.isUnfenced(3), 'it is unfenced')
    const connection = await broker.connect()
    const acknowledged = writeUntilClosed(connection, next)
    await until(() => acknowledged.count >= 200, '200 batches were acknowledged')
    broker.kill(life.how)
    await broker.exit()
    await acknowledged.ended
    next = check(join(options.dataDir, 'orders-0'), acknowledged.end)
  }
  expect(next).toBeGreaterThan(200 * life.kills)
})

/** One after the other, each with the content that its offset asks for. */
function writeUntilClosed(connection: Awaited<ReturnType<RunningBroker['connect']>>, from: number) {
  const state = { count: 0, end: from, ended: Promise.resolve() }
  const write = async () => {
    for (;;) {
      const batch = numberedBatch(state.end)
      const { errorCode, baseOffset } = await produce(connection, 'orders', state.end)
      expect({ errorCode, baseOffset }).toEqual({ errorCode: 0, baseOffset: state.end })
      state.end = nextOffsetOf(batch, 0)
      state.count += 1
    }
  }
  state.ended = write().catch((error: unknown) => {
    if ((error as Error).name !== 'NetworkError') throw error
  })
  return state
}

/** @returns Where the log ends: all that was acknowledged lies before, and is what was sent. */
function check(directory: string, acknowledgedEnd: number): number {
  const log = openNumbered(directory, 0)
  expect(log.logEndOffset).toBeGreaterThanOrEqual(acknowledgedEnd)
  for (let offset = 0; offset < log.logEndOffset; ) {
    const batch = bytesOf(log.read(offset, { maxBytes: 1 }))
    // The leader's epoch is the only thing that the broker changes.
    expect(batch.subarray(16).equals(numberedBatch(offset).subarray(16)), `at ${offset}`).toBe(true)
    offset = nextOffsetOf(batch, 0)
  }
  const { logEndOffset } = log
  log.close()
  return logEndOffset
}

test('without a controller it waits, says so, dials on, and sends clients away', async () => {
  const port = await freePort()
  const folder = temporaryFolder()
  const broker = RunningBroker.start(folder, optionsIn(folder, { host: '127.0.0.1', port }))
  const line = await broker.said('no controller is followed, dialling on')
  expect(line).toMatchObject({
    level: 'warn',
    nodeId: 3,
    reason: `cannot connect to 127.0.0.1:${port}: refused, nobody listens there`,
  })
  expect(await broker.get('/readyz')).toMatchObject({
    status: 503,
    text: 'not registered with a controller\n',
  })
  expect((await broker.get('/healthz')).status).toBe(200)
  const early = await broker.connect()
  await expect(produce(early, 'orders', 0)).rejects.toMatchObject({ code: 'ECONNRESET' })

  await using controller = await FakeController.start({ port })
  await broker.ready()
  expect(controller.registrations).toHaveLength(1)
})

test('a broker that lost its controller serves on', async () => {
  const controller = await FakeController.start()
  const folder = temporaryFolder()
  const broker = RunningBroker.start(folder, optionsIn(folder, controller.address))
  makeTopic(controller, 'orders', 1)
  await broker.ready()
  const connection = await broker.connect()
  expect(await produce(connection, 'orders', 0)).toMatchObject({ errorCode: 0, baseOffset: 0 })
  await controller[Symbol.asyncDispose]()
  await broker.said('no controller is followed, dialling on')
  expect((await produce(connection, 'orders', 0)).errorCode).toBe(0)
  const later = await broker.connect()
  expect((await produce(later, 'orders', 0)).errorCode).toBe(0)
  expect((await broker.get('/readyz')).status).toBe(200)
  expect((await broker.get('/metrics')).text).toMatch(/^kavka_controller_connected 0$/m)
})

test('left alone for as long as its options allow, it stops in order', async () => {
  const folder = temporaryFolder()
  const nobody = { host: '127.0.0.1', port: await freePort() }
  const options = optionsIn(folder, nobody, { stopWithoutControllerMs: 200 })
  const broker = RunningBroker.start(folder, options)
  expect(await broker.exit()).toEqual({ code: 0, signal: null })
  await broker.said('left without any controller')
})

test('a broker tells its metrics by the names that dashboards know', async () => {
  await using controller = await FakeController.start()
  const folder = temporaryFolder()
  makeTopic(controller, 'orders', 1)
  const broker = RunningBroker.start(folder, optionsIn(folder, controller.address))
  await broker.ready()
  const connection = await broker.connect()
  await produce(connection, 'orders', 0)
  const { text } = await broker.get('/metrics')
  for (const line of [
    /^kafka_network_requestmetrics_requestspersec_total\{request="Produce"\} 1$/m,
    /^kavka_request_duration_seconds_count\{request="Produce"\} 1$/m,
    /^kafka_server_brokertopicmetrics_totalproducerequests_total 1$/m,
    /^kafka_server_socket_server_metrics_connection_count\{listener="client"\} 1$/m,
    /^kavka_network_received_bytes_total\{listener="client"\} \d+$/m,
    /^kafka_log_log_size\{topic="orders",partition="0"\} \d+$/m,
    /^kafka_topic_partition_oldest_offset\{topic="orders",partition="0"\} 0$/m,
    /^kafka_server_replicamanager_leadercount 1$/m,
    /^kafka_server_replicamanager_partitioncount 1$/m,
    /^kafka_server_replicamanager_underreplicatedpartitions 0$/m,
    /^kafka_server_replicamanager_offlinereplicacount 0$/m,
    /^nodejs_eventloop_lag_p99_seconds /m,
    /^process_resident_memory_bytes /m,
    /^kavka_broker_ready 1$/m,
    /^kavka_controller_connected 1$/m,
  ]) {
    expect(text).toMatch(line)
  }
})
