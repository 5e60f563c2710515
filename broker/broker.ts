import { serveMetrics } from '../lib/metrics-server.ts'
import type { BrokerEnds } from './broker-ends.ts'
import { openListeners } from './broker-listeners.ts'
import type { BrokerOptions } from './config/broker-options.ts'
import { DiskHealth } from './disk-health.ts'
import { brokerMetrics } from './metrics/broker-metrics.ts'
import { RequestTimes } from './metrics/request-times.ts'
import { networkError } from './net/network-error.ts'
import { type OpenedData, openData } from './open-data.ts'
import { type Running, run } from './running.ts'
import { type BrokerParts, stopBroker } from './stop-broker.ts'

/** One broker, from `startBroker` until it is stopped. */
export type Broker = {
  /** Where clients connect. */
  readonly port: number
  readonly internalPort: number
  readonly metricsPort: number
  /** Why clients are not to be sent here, or undefined. */
  readonly notReady: string | undefined
  /**
   * Hands over what it leads, answers what it was asked, makes all durable and ends.
   *
   * @returns Whether the next start has nothing to go over.
   * @throws {StorageError} If the disk does not take it.
   */
  stop(): Promise<{ clean: boolean }>
}

/**
 * Starts a broker. It returns once it listens and has opened what is on its disk; it serves from when
 * it is registered and has caught up, however long the controller is away.
 *
 * In the order of what is cheap to refuse: who has the lock, which ports are taken, what is on the
 * disk. What was done is undone if a later step fails.
 *
 * @throws {LockHeldError} @throws {NetworkError} @throws {StorageError} @throws {MetadataError}
 */
export async function startBroker(options: BrokerOptions, ends: BrokerEnds): Promise<Broker> {
  const undo: (() => unknown)[] = []
  try {
    return await start(options, onceFatal(ends), undo)
  } catch (error) {
    for (const step of undo.toReversed()) await step()
    throw error
  }
}

async function start(
  options: BrokerOptions,
  ends: BrokerEnds,
  undo: (() => unknown)[],
): Promise<Broker> {
  const { files, clock, log } = ends
  const startedMs = clock.nowMs()
  files.makeDirectory(options.dataDir)
  const lock = await ends.lock(`${options.dataDir}/.lock`)
  undo.push(() => lock.release())

  const soFar: { data?: OpenedData; running?: Running; broker?: Broker } = {}
  const times = new RequestTimes()
  const listeners = await openListeners(options, { ...ends, times })
  undo.push(() => listeners.close({ drainMs: 0 }))
  const { metrics, stop: stopMetrics } = brokerMetrics({
    nodeId: options.nodeId,
    startedMs,
    times,
    listeners,
    data: () => soFar.data,
    link: () => soFar.running?.link,
    serving: () => soFar.running?.serving,
  })
  undo.push(stopMetrics)
  const notReady = () => (soFar.broker === undefined ? 'starting' : soFar.broker.notReady)
  const address = { host: options.listeners.client.host, port: options.metricsPort }
  const server = await listenForScrapes(address, () => serveMetrics(address, { metrics, notReady }))
  undo.push(() => server.close())

  const health = new DiskHealth({
    clock,
    log,
    room: () => ends.diskRoom(options.dataDir),
    onRoom: () => ends.onMustStop('there is room on the disk again'),
  })
  undo.push(() => health.stop())
  const data = await openData(options, { ...ends, memory: listeners.memory, health })
  const running = run(options, ends, { data, listeners, health })
  Object.assign(soFar, { data, running })
  running.link.start()
  const { directory } = data
  for (const { topic, partition, problem } of directory.offline()) {
    log.error('a log stays offline', {
      topic,
      partition,
      problem: problem.problem,
      reason: problem.message,
    })
  }
  const ports = { client: listeners.client.port, internal: listeners.internal.port }
  log.info('listens', { ...ports, metrics: server.port, directoryId: directory.id })
  soFar.broker = brokerOf({
    nodeId: options.nodeId,
    log,
    clock,
    data,
    running,
    health,
    listeners,
    server,
    stopMetrics,
    lock,
  })
  return soFar.broker
}

function brokerOf(parts: BrokerParts): Broker {
  const { running, listeners, server } = parts
  let stopping: Promise<{ clean: boolean }> | undefined
  return {
    port: listeners.client.port,
    internalPort: listeners.internal.port,
    metricsPort: server.port,
    get notReady() {
      return stopping === undefined ? running.link.notReady : 'stopping'
    },
    stop() {
      stopping ??= stopBroker(parts)
      return stopping
    },
  }
}

async function listenForScrapes<T>(
  address: { host: string; port: number },
  serve: () => Promise<T>,
) {
  try {
    return await serve()
  } catch (error) {
    throw networkError('serve metrics on', address, error)
  }
}

/** The first mistake is the one to be told of; what follows may follow from it. */
function onceFatal(ends: BrokerEnds): BrokerEnds {
  let isFatal = false
  const onFatal = (error: unknown) => {
    if (isFatal) return
    isFatal = true
    ends.onFatal(error)
  }
  return { ...ends, onFatal }
}
