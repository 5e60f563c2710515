import type { MetadataImage } from '../metadata/image.ts'
import type { RequestInputOf, ResponseOf } from '../protocol/apis.ts'
import { errorCodes } from '../protocol/generated/error-codes.ts'

/** Who this broker is, for the controller. */
export type Registration = {
  readonly brokerId: number
  readonly clusterId: string
  /** New for each process. */
  readonly incarnationId: string
  readonly rack: string | null
  /** What others are told to dial. */
  readonly listeners: readonly { name: string; host: string; port: number }[]
  readonly features: readonly { name: string; min: number; max: number }[]
  readonly directoryIds: readonly string[]
  /** How often it says that it is there. */
  readonly heartbeatIntervalMs: number
  /** Of the last orderly stop, or -1: it may keep its seats in ISR and ELR then (KIP-966). */
  readonly previousBrokerEpoch: number
}

export function registrationRequest(own: Registration): RequestInputOf<'BrokerRegistration'> {
  return {
    brokerId: own.brokerId,
    clusterId: own.clusterId,
    incarnationId: own.incarnationId,
    listeners: own.listeners.map((listener) => ({ ...listener, securityProtocol: plaintext })),
    features: own.features.map(({ name, min, max }) => {
      return { name, minSupportedVersion: min, maxSupportedVersion: max }
    }),
    rack: own.rack,
    logDirs: [...own.directoryIds],
    previousBrokerEpoch: own.previousBrokerEpoch,
  }
}

export type Beat = {
  readonly brokerEpoch: number
  /** Up to where the metadata log was applied here, exclusive. */
  readonly offset: number
  readonly hasCaughtUp: boolean
  readonly wantShutDown: boolean
  /** Ids of data directories that do not take all that is written (KIP-858). */
  readonly failedDirectoryIds: readonly string[]
}

/** Kafka counts the last record that was applied, not the one behind it; -1 where there is none. */
export function heartbeatRequest(
  { brokerId }: Registration,
  { brokerEpoch, offset, hasCaughtUp, wantShutDown, failedDirectoryIds }: Beat,
): RequestInputOf<'BrokerHeartbeat'> {
  return {
    brokerId,
    brokerEpoch,
    currentMetadataOffset: offset - 1,
    wantFence: !hasCaughtUp,
    wantShutDown,
    offlineLogDirs: [...failedDirectoryIds],
  }
}

/**
 * What comes after the answer to a heartbeat: a broker that was forgotten, or is known by another
 * epoch, registers again. Who waits for something to happen asks more often.
 */
export function afterHeartbeat(
  answer: Pick<ResponseOf<'BrokerHeartbeat'>, 'errorCode' | 'isFenced'>,
  { hasCaughtUp, wantShutDown }: Pick<Beat, 'hasCaughtUp' | 'wantShutDown'>,
  { heartbeatIntervalMs }: Pick<Registration, 'heartbeatIntervalMs'>,
): 'register' | 'refused' | { readonly nextMs: number } {
  if (needsRegistration.has(answer.errorCode)) return 'register'
  if (answer.errorCode !== 0) return 'refused'
  const isWaiting = wantShutDown || (hasCaughtUp && answer.isFenced)
  return { nextMs: isWaiting ? Math.min(whileWaitingMs, heartbeatIntervalMs) : heartbeatIntervalMs }
}

/**
 * What an image says of this process: nothing, since its registration is not in it yet; or that it
 * is, fenced or not. Before that, an image tells of an earlier life of this broker, and what it led
 * then may be somebody else's (safety rules, case 2).
 */
export function standingIn(
  image: MetadataImage,
  { brokerId, incarnationId }: Pick<Registration, 'brokerId' | 'incarnationId'>,
): 'unknown' | 'fenced' | 'unfenced' {
  const broker = image.brokers.get(brokerId)
  if (broker?.incarnationId !== incarnationId) return 'unknown'
  return broker.fenced ? 'fenced' : 'unfenced'
}

const needsRegistration: ReadonlySet<number> = new Set([
  errorCodes.STALE_BROKER_EPOCH,
  errorCodes.BROKER_ID_NOT_REGISTERED,
])
const plaintext = 0
const whileWaitingMs = 100
