import type { Clock } from '../lib/clock.ts'
import type { HeldLock } from '../lib/kernel-lock.ts'
import type { Logger } from '../lib/logger.ts'
import { type MetricsServer, serveMetrics } from '../lib/metrics-server.ts'
import type { Random } from '../lib/random.ts'
import { StorageError } from '../lib/storage-error.ts'
import { type BrokerListeners, openListeners } from './broker-listeners.ts'
import type { BrokerOptions, ListenerOptions } from './config/broker-options.ts'
import { maintenanceConfigOf } from './config/broker-settings.ts'
import { ControllerLink } from './controller-link/controller-link.ts'
import { dialController } from './controller-link/dial-controller.ts'
import type { Files } from './io/files.ts'
import { Flusher } from './log/maintenance/flusher.ts'
import type { Failure } from './log/maintenance/maintained-log.ts'
import { Maintenance } from './log/maintenance/maintenance.ts'
import { maxMetadataVersion } from './metadata/apply-cluster.ts'
import { brokerMetrics } from './metrics/broker-metrics.ts'
import { RequestTimes } from './metrics/request-times.ts'
import { networkError } from './net/network-error.ts'
import { newUuid, type OpenedData, openData } from './open-data.ts'
import { KafkaError } from './protocol/errors.ts'
import type { MakeServing, Serving } from './serving.ts'

/** What a broker needs of its process and machine. */
export type BrokerEnds = {
  readonly files: Files
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  /** What the processes of the cluster share. */
  readonly secret: Uint8Array
  /** Waits a while for a process that is about to end. @throws {LockHeldError} */
  readonly lock: (path: string) => Promise<HeldLock>
  readonly makeServing: MakeServing
  /** Our own mistake, or a disk that failed: called once, and the process is to end as it is. */
  readonly onFatal: (error: unknown) => void
  /** Left without any controller for as long as the options allow: it is to be stopped. */
  readonly onAbandoned: () => void
}

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

  const data = await openData(options, ends)
  const running = run(options, ends, { data, listeners })
  Object.assign(soFar, { data, running })
  running.link.start()
  const { directory } = data
  for (const { topic, partition, problem } of directory.offline()) {
    log.error('a log stays offline', {
      topic,
      partition,
      problem: problem.problem,
      ...why(problem),
    })
  }
  const lastStop = directory.lastStop.clean ? 'in order' : 'not in order, or never'
  const ports = { client: listeners.client.port, internal: listeners.internal.port }
  log.info('listens', { ...ports, metrics: server.port, directoryId: directory.id, lastStop })
  soFar.broker = brokerOf({ log, clock, data, running, listeners, server, stopMetrics, lock })
  return soFar.broker
}

/** What runs once the disk was opened. */
type Running = {
  readonly link: ControllerLink
  readonly serving: Serving
  readonly flusher: Flusher
  readonly maintenance: Maintenance
}

function run(
  options: BrokerOptions,
  ends: BrokerEnds,
  { data, listeners }: { data: OpenedData; listeners: BrokerListeners },
): Running {
  const { clock, random, log, files, onFatal } = ends
  const { directory, copy } = data
  const report = (failure: Failure) => tell(failure, { log, onFatal })
  let isServing = false
  const flusher = new Flusher({ clock, report, onFlushed: (own) => serving.onFlushed(own) })
  const dialling = { clock, random, secret: ends.secret, clientId: `broker-${options.nodeId}` }
  const link = new ControllerLink({
    controllers: options.controllers,
    dial: (address) => dialController(address, dialling),
    registration: {
      brokerId: options.nodeId,
      clusterId: options.clusterId,
      incarnationId: newUuid(random),
      rack: options.rack,
      listeners: [
        endpoint('client', options.listeners.client, listeners.client.port),
        endpoint('internal', options.listeners.internal, listeners.internal.port),
      ],
      features: [supportedMetadataVersions],
      directoryIds: [directory.id],
      previousBrokerEpoch: directory.lastStop.brokerEpoch ?? -1,
    },
    copy,
    clock,
    random,
    log,
    onImage(_, image, changes) {
      serving.apply(changes, image)
      if (isServing) return
      isServing = true
      listeners.serve(serving)
      log.info('serves')
    },
    onFatal,
    abandonedAfterMs: options.stopWithoutControllerMs,
    onAbandoned: ends.onAbandoned,
  })
  const serving = ends.makeServing({
    nodeId: options.nodeId,
    clusterId: options.clusterId,
    clock,
    random,
    log,
    config: options.config,
    dataDirectory: directory,
    flusher,
    image: () => link.image,
    controller: link,
    producerIds: link.producerIds,
    memoryOf: (name) => listeners[name].memory,
    onFatal,
  })
  const logs = { [Symbol.iterator]: () => serving.maintained()[Symbol.iterator]() }
  const config = maintenanceConfigOf(options.config)
  const maintenance = new Maintenance({ clock, random, files, directory, logs, report, config })
  return { link, serving, flusher, maintenance }
}

type Parts = {
  readonly log: Logger
  readonly clock: Clock
  readonly data: OpenedData
  readonly running: Running
  readonly listeners: BrokerListeners
  readonly server: MetricsServer
  readonly stopMetrics: () => void
  readonly lock: HeldLock
}

function brokerOf(parts: Parts): Broker {
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
      stopping ??= stop(parts)
      return stopping
    },
  }
}

/** Each step needs what the later ones take away. */
async function stop(parts: Parts): Promise<{ clean: boolean }> {
  const { log, clock, data, running, listeners, server, stopMetrics, lock } = parts
  const { link, serving, flusher, maintenance } = running
  const beganMs = clock.monotonicMs()
  log.info('stops')
  await link.prepareStop(handOverMs)
  serving.stop()
  await listeners.close({ drainMs })
  // Only now: what it was asked while it led is answered, and it may count as gone.
  const { brokerEpoch } = link
  await link.stop()
  await maintenance.stop()
  await flusher.stop()
  data.copy.close()
  const epoch = brokerEpoch >= 0 ? brokerEpoch : (data.directory.lastStop.brokerEpoch ?? -1)
  const { clean } = await data.directory.stop({ brokerEpoch: epoch })
  server.close()
  stopMetrics()
  lock.release()
  log.info('stopped', { clean, tookMs: Math.round(clock.monotonicMs() - beganMs) })
  return { clean }
}

/** Kafka's 3.3, with which KRaft began, up to what the image can hold. */
const supportedMetadataVersions = { name: 'metadata.version', min: 7, max: maxMetadataVersion }

/** All that a broker leads is elsewhere by then, or the controller is busy with worse. */
const handOverMs = 10_000
/** What is under way is answered in milliseconds; more is only asked of those who wait for others. */
const drainMs = 5_000

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

function endpoint(name: string, { advertisedHost, advertisedPort }: ListenerOptions, port: number) {
  return { name, host: advertisedHost, port: advertisedPort === 0 ? port : advertisedPort }
}

/** What went wrong where nobody waits: a log that is offline is known, anything else is a mistake. */
function tell(
  { work, log: own, error }: Failure,
  { log, onFatal }: Pick<BrokerEnds, 'log' | 'onFatal'>,
): void {
  const isKnown = error instanceof StorageError || error instanceof KafkaError
  if (!isKnown) return onFatal(error)
  log.error(`${work} failed`, { ...(own && { directory: own.directory }), ...why(error) })
}

function why({ message }: Error): { reason: string } {
  return { reason: message }
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
