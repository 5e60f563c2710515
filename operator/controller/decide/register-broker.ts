import type { BrokerImage, MetadataImage } from '../../../broker/metadata/image.ts'
import { metadataRecord } from '../../../broker/metadata/records.ts'
import type { OwnRequestOf } from '../../../broker/protocol/apis.ts'
import type { Entries } from '../../../broker/protocol/config/topic-values.ts'
import { KafkaError } from '../../../broker/protocol/errors.ts'
import type { Decision } from './decision.ts'
import { brokerGone, type Loss } from './partition/of-broker.ts'

export type Registered = {
  readonly brokerEpoch: number
  readonly loses: Loss
  /** Of how many partitions it had data that it may not have any more. */
  readonly partitionsLost: number
}

/**
 * Takes in a process of a broker. It is fenced until it says that it has caught up. Another process
 * of the same broker that leads something loses that in the same append: nobody may take the new
 * one for the old one, which may have had more in its memory. One that comes with another data
 * directory than before is not known to have anything at all, and may not lead what it led.
 *
 * @param about.nextOffset Of the record, if it is appended. As in Kafka it is the broker's epoch,
 *   unless a log that was recovered is shorter than one that gave out epochs.
 * @param about.rack Undefined: nobody knows yet where it stands.
 * @param about.isAlive Whether the process that is registered now was heard of in time.
 * @throws {KafkaError} INCONSISTENT_CLUSTER_ID, DUPLICATE_BROKER_REGISTRATION, INVALID_REGISTRATION,
 *   UNSUPPORTED_VERSION; BROKER_NOT_AVAILABLE, if it is to try again. Source: ClusterControlManager.registerBroker.
 */
export function registerBroker(
  image: MetadataImage,
  request: OwnRequestOf<'BrokerRegistration'>,
  about: {
    clusterId: string
    nextOffset: number
    isAlive: boolean
    rack: string | null | undefined
    /** Settings of all brokers. */
    brokerConfig: Entries
  },
): Decision<Registered> {
  const { brokerId, incarnationId } = request
  check(image, request, about.clusterId)
  const before = image.brokers.get(brokerId)
  if (before?.incarnationId === incarnationId) {
    // It did not hear the answer. The same process has the same epoch.
    return {
      records: [],
      response: { brokerEpoch: before.epoch, loses: 'nothing', partitionsLost: 0 },
    }
  }
  if (before !== undefined && about.isAlive) {
    const who = `another process of broker ${brokerId} (${before.incarnationId})`
    throw new KafkaError('DUPLICATE_BROKER_REGISTRATION', `${who} is registered, and is alive`)
  }
  if (about.rack === undefined) {
    throw new KafkaError('BROKER_NOT_AVAILABLE', `where broker ${brokerId} stands is not known yet`)
  }
  const brokerEpoch = Math.max(about.nextOffset, image.highestBrokerEpoch + 1)
  const record = metadataRecord('RegisterBrokerRecord', {
    brokerId,
    incarnationId,
    brokerEpoch,
    endPoints: request.listeners,
    features: request.features,
    rack: about.rack ?? request.rack,
    fenced: true,
    logDirs: request.logDirs,
  })
  const loses = lossOf(before, request)
  const lost = brokerGone(image, { brokerId, loses }, about.brokerConfig)
  const partitionsLost = loses === 'nothing' ? 0 : lost.length
  return { records: [record, ...lost], response: { brokerEpoch, loses, partitionsLost } }
}

/** A broker says how its last life ended: see `judgeReturn`. */
function lossOf(
  before: BrokerImage | undefined,
  { logDirs, previousBrokerEpoch, isCacheKept }: OwnRequestOf<'BrokerRegistration'>,
): Loss {
  if (before === undefined) return 'nothing'
  if (!before.directoryIds.every((id) => logDirs.includes(id))) return 'everything'
  return isCacheKept || previousBrokerEpoch === before.epoch ? 'nothing' : 'unflushed'
}

/** @throws {KafkaError} If the broker is not who asks, or speaks of another life. */
export function registeredBroker(
  image: MetadataImage,
  { brokerId, brokerEpoch }: { brokerId: number; brokerEpoch: number },
): BrokerImage {
  const broker = image.brokers.get(brokerId)
  if (broker === undefined) {
    throw new KafkaError('BROKER_ID_NOT_REGISTERED', `broker ${brokerId} is not registered`)
  }
  if (broker.epoch !== brokerEpoch) {
    const message = `broker ${brokerId} has epoch ${broker.epoch}, not ${brokerEpoch}`
    throw new KafkaError('STALE_BROKER_EPOCH', message)
  }
  return broker
}

/** @throws {KafkaError} INCONSISTENT_CLUSTER_ID */
export function checkCluster(ours: string | undefined, asked: string): void {
  if (asked === ours) return
  throw new KafkaError('INCONSISTENT_CLUSTER_ID', `this is cluster ${ours}, not ${asked}`)
}

function check(
  image: MetadataImage,
  request: OwnRequestOf<'BrokerRegistration'>,
  clusterId: string,
): void {
  checkCluster(clusterId, request.clusterId)
  if (request.brokerId < 0 || request.listeners.length === 0 || request.isMigratingZkBroker) {
    const message = 'a broker has an id from 0 on and a listener, and is not of ZooKeeper'
    throw new KafkaError('INVALID_REGISTRATION', message)
  }
  for (const [name, level] of image.features) {
    const range = request.features.find((feature) => feature.name === name)
    if (range === undefined) continue // Kafka takes it for one that has no such feature
    if (level >= range.minSupportedVersion && level <= range.maxSupportedVersion) continue
    const has = `${range.minSupportedVersion} to ${range.maxSupportedVersion}`
    const message = `broker ${request.brokerId} has ${name} ${has}, the cluster is at ${level}`
    throw new KafkaError('UNSUPPORTED_VERSION', message)
  }
}
