import type { MetadataImage } from '../metadata/image.ts'
import type { MetadataPosition } from '../metadata/position.ts'
import type { RequestInputOf, ResponseOf } from '../protocol/apis.ts'
import { errorCodes } from '../protocol/generated/error-codes.ts'
import type { ToldEnd } from '../replica/replica-ends.ts'

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
  /** Whether all is there that its last life wrote, flushed or not: see `judgeReturn`. */
  readonly isCacheKept: boolean
}

/** @param metadataPosition Where its copy of the metadata log ends. */
export function registrationRequest(
  own: Registration,
  metadataPosition: MetadataPosition,
): RequestInputOf<'BrokerRegistration'> {
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
    isCacheKept: own.isCacheKept,
    metadataPosition,
  }
}

export type Beat = {
  readonly brokerEpoch: number
  /** Up to where the metadata log was applied here. */
  readonly position: MetadataPosition
  readonly hasCaughtUp: boolean
  readonly wantShutDown: boolean
  /** Ids of data directories that do not take all that is written (KIP-858). */
  readonly failedDirectoryIds: readonly string[]
  /** Of logs that the controller has to compare: see `ReplicaEndsToTell`. */
  readonly replicaEnds: readonly ToldEnd[]
}

/** Kafka counts the last record that was applied, not the one behind it; -1 where there is none. */
export function heartbeatRequest(
  { brokerId }: Registration,
  beat: Beat,
): RequestInputOf<'BrokerHeartbeat'> {
  const { brokerEpoch, position, hasCaughtUp, wantShutDown, failedDirectoryIds } = beat
  return {
    brokerId,
    brokerEpoch,
    currentMetadataOffset: position.offset - 1,
    wantFence: !hasCaughtUp,
    wantShutDown,
    offlineLogDirs: [...failedDirectoryIds],
    metadataPosition: position,
    replicaEnds: [...beat.replicaEnds],
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
