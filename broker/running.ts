import { StorageError } from '../lib/storage-error.ts'
import type { BrokerEnds } from './broker-ends.ts'
import type { BrokerListeners } from './broker-listeners.ts'
import { comeBack } from './come-back.ts'
import type { BrokerOptions, ListenerOptions } from './config/broker-options.ts'
import { heartbeatIntervalMsOf, maintenanceConfigOf } from './config/broker-settings.ts'
import { ownSettings } from './config/own-settings.ts'
import { ControllerAddresses } from './controller-link/controller-addresses.ts'
import { ControllerLink } from './controller-link/controller-link.ts'
import type { DiskHealth } from './disk-health.ts'
import { Flusher } from './log/maintenance/flusher.ts'
import type { Failure } from './log/maintenance/maintained-log.ts'
import { Maintenance } from './log/maintenance/maintenance.ts'
import { metadataVersion } from './metadata/levels.ts'
import { readRange } from './metadata/reads-up-to.ts'
import { dialInternal } from './net/dial-internal.ts'
import { newUuid, type OpenedData } from './open-data.ts'
import { configOnBroker } from './partition/topic-log-config.ts'
import { KafkaError } from './protocol/errors.ts'
import type { Serving } from './serving.ts'

/** What runs once the disk was opened. */
export type Running = {
  readonly link: ControllerLink
  readonly serving: Serving
  readonly flusher: Flusher
  readonly maintenance: Maintenance
}

/** Makes all of it; the link is not started yet. */
export function run(
  options: BrokerOptions,
  ends: BrokerEnds,
  parts: { data: OpenedData; listeners: BrokerListeners; health: DiskHealth },
): Running {
  const { clock, random, log, files, onFatal } = ends
  const { data, listeners, health } = parts
  const { directory, copy } = data
  const ground = ends.ground(options.dataDir)
  const cameBack = comeBack(directory, ground, log)
  const report = (failure: Failure) => tell(failure, { log, onFatal, health })
  let isServing = false
  const flusher = new Flusher({ clock, report, onFlushed: (own) => serving.onFlushed(own) })
  const dialling = {
    clock,
    random,
    secret: ends.secret,
    clientId: `${options.clusterId}/broker-${options.nodeId}`,
  }
  const link = new ControllerLink({
    controllers: new ControllerAddresses(options.controllers, { lookup: ends.lookup, clock }),
    dial: (address) => dialInternal(address, dialling),
    registration: {
      brokerId: options.nodeId,
      clusterId: options.clusterId,
      incarnationId: newUuid(random),
      rack: options.rack,
      listeners: [
        endpoint('client', options.listeners.client, listeners.client.port),
        endpoint('internal', options.listeners.internal, listeners.internal.port),
      ],
      features: [{ name: metadataVersion, ...readRange(copy.readsUpTo) }],
      directoryIds: [directory.id],
      heartbeatIntervalMs: heartbeatIntervalMsOf(options.config),
      previousBrokerEpoch: directory.lastStop.brokerEpoch ?? -1,
      isCacheKept: cameBack === 'crashed',
    },
    copy,
    logOf: ({ id: topicId, name: topic }, partition) => {
      return directory.endOf({ topic, partition, topicId })
    },
    failedDirectoryIds: () => (health.problem === undefined ? [] : [directory.id]),
    clock,
    random,
    log,
    onImage(_, image, changes) {
      // The first has this broker's registration: from here on logs are written to.
      if (!isServing) directory.standOn(ground)
      serving.apply(changes, image)
      if (changes.configs.length > 0) listeners.configure(configOnBroker(image, options))
      if (isServing) return
      isServing = true
      listeners.serve(serving)
      log.info('serves')
    },
    onFatal,
    abandonedAfterMs: options.stopWithoutControllerMs,
    onAbandoned: () => ends.onMustStop('no controller'),
  })
  const serving = ends.makeServing({
    nodeId: options.nodeId,
    clusterId: options.clusterId,
    clock,
    random,
    log,
    config: options.config,
    ownSettings: ownSettings(options, {
      client: listeners.client.port,
      internal: listeners.internal.port,
    }),
    autoCreateTopics: options.autoCreateTopics,
    dataDirectory: directory,
    diskRoom: () => ends.diskRoom(options.dataDir),
    flusher,
    image: () => link.image,
    controller: link,
    dialInternal: (address) => dialInternal(address, { ...dialling, slabs: listeners.memory }),
    producerIds: link.producerIds,
    health,
    onFatal,
  })
  const logs = { [Symbol.iterator]: () => serving.maintained()[Symbol.iterator]() }
  const config = maintenanceConfigOf(options.config)
  const maintenance = new Maintenance({ clock, random, files, directory, logs, report, config })
  return { link, serving, flusher, maintenance }
}

function endpoint(name: string, { advertisedHost, advertisedPort }: ListenerOptions, port: number) {
  return { name, host: advertisedHost, port: advertisedPort === 0 ? port : advertisedPort }
}

/** What went wrong where nobody waits: a log that is offline is known, anything else is a mistake. */
function tell(
  { work, log: own, error }: Failure,
  { log, onFatal, health }: Pick<BrokerEnds, 'log' | 'onFatal'> & { health: DiskHealth },
): void {
  const isKnown = error instanceof StorageError || error instanceof KafkaError
  if (!isKnown) return onFatal(error)
  if (error instanceof StorageError) health.met(error)
  log.error(`${work} failed`, { ...(own && { directory: own.directory }), reason: error.message })
}
