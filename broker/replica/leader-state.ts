import { invariant } from '../../lib/invariant.ts'
import type { BrokerImage } from '../metadata/image.ts'
import type { PartitionImage } from '../metadata/partition-table.ts'
import type { Departures } from './flapping.ts'
import type { PendingIsr } from './isr-proposal.ts'
import type { ReplicaLog } from './replica-log.ts'

/**
 * What the leader of a partition knows of its replicas, in one leader epoch of one process. Never
 * changed: each event makes the next one.
 */
export type LeaderState = {
  /** Of the leader itself. */
  readonly brokerId: number
  readonly leaderEpoch: number
  /** Where the log ended when it began to lead. */
  readonly epochStartOffset: number
  readonly partitionEpoch: number
  /** Broker ids, the leader's too, as the metadata log has them: the committed ISR. */
  readonly isr: readonly number[]
  /** Who would be elected if nobody of the ISR could. */
  readonly elr: readonly number[]
  /** By broker id: all replicas but the leader. */
  readonly followers: ReadonlyMap<number, FollowerProgress>
  /** The ISR that was proposed, until its outcome is seen in the metadata log. */
  readonly pending: PendingIsr | undefined
  /** Exclusive. It never moves back. */
  readonly highWatermark: number
  /** It was elected though it may lack something, and nobody has been told yet that it leads (KIP-704). */
  readonly isRecovering: boolean
  readonly departures: Departures
  /** Another one leads, or the same one in a later epoch. */
  readonly isResigned: boolean
}

export type FollowerProgress = {
  /** The highest that is known of it, from the metadata log or a fetch. -1: it never registered. */
  readonly brokerEpoch: number
  /** Up to where it has what the leader has; -1 before it fetched in this broker epoch. */
  readonly logEndOffset: number
  /** -1: not known. */
  readonly logStartOffset: number
  readonly lastFetchMs: number
  /** It followed then: of what came later nobody knows how long it lay in the socket. */
  readonly seenMs: number
  /** When it last had all there was; `never` before that. */
  readonly lastCaughtUpMs: number
  /** Where the leader's log ended at its last fetch. */
  readonly leaderEndOffset: number
}

/** What surrounds the leader at an event. */
export type Now = {
  readonly nowMs: number
  readonly log: ReplicaLog
  readonly brokers: Brokers
  readonly settings: ReplicaSettings
}

/** What the metadata log has of a broker; undefined if it is not registered. */
export type Brokers = (
  brokerId: number,
) => Pick<BrokerImage, 'epoch' | 'fenced' | 'inControlledShutdown'> | undefined

export type ReplicaSettings = {
  /** min.insync.replicas */
  readonly minInsyncReplicas: number
  /** replica.lag.time.max.ms */
  readonly replicaLagTimeMaxMs: number
}

export const never = Number.NEGATIVE_INFINITY

/**
 * Begins to lead. Of followers nothing is known until they fetch: what they told an earlier leader, or
 * this one in an earlier epoch, may have been truncated since (safety rule 1).
 *
 * @param highWatermark What this replica was told before, or has from its checkpoint.
 */
export function beginToLead(
  {
    brokerId,
    image,
    highWatermark,
  }: {
    brokerId: number
    image: PartitionImage
    highWatermark: number
  },
  { log, brokers, nowMs }: Pick<Now, 'log' | 'brokers' | 'nowMs'>,
): LeaderState {
  const { leaderEpoch, partitionEpoch, isr, elr } = image
  invariant(image.leader === brokerId && isr.includes(brokerId), 'a leader is in its ISR')
  // Only an unclean election makes one of a replica that may lack some (KIP-704).
  const mayLack = image.leaderRecoveryState === 'RECOVERING'
  invariant(mayLack || highWatermark <= log.logEndOffset, 'a leader has all that was committed')
  const lastEpoch = log.epochs?.latest?.epoch ?? -1
  // An earlier incarnation wrote in it: followers may hold other records at the offsets to come.
  invariant(
    lastEpoch < leaderEpoch,
    'a log has nothing yet of the epoch in which it begins to lead',
  )
  const state: LeaderState = {
    brokerId,
    leaderEpoch,
    epochStartOffset: log.logEndOffset,
    partitionEpoch,
    isr,
    elr,
    followers: new Map(),
    pending: undefined,
    highWatermark: Math.min(highWatermark, log.logEndOffset),
    isRecovering: mayLack,
    departures: new Map(),
    isResigned: false,
  }
  return { ...state, followers: followersOf(state, image.replicas, { brokers, nowMs }) }
}

/** Those that are there stay as they are; of others nothing is known yet. */
export function followersOf(
  { brokerId, isr, followers }: LeaderState,
  replicas: readonly number[],
  { brokers, nowMs }: Pick<Now, 'brokers' | 'nowMs'>,
): ReadonlyMap<number, FollowerProgress> {
  const others = replicas.filter((id) => id !== brokerId)
  return new Map(
    others.map((id) => {
      const isInSync = isr.includes(id)
      const brokerEpoch = brokers(id)?.epoch ?? -1
      return [id, followers.get(id) ?? unheard({ brokerEpoch, isInSync, nowMs })]
    }),
  )
}

/** A follower of which nothing is known: in the ISR it has its time to be heard of. */
export function unheard({
  brokerEpoch,
  isInSync,
  nowMs,
}: {
  brokerEpoch: number
  isInSync: boolean
  nowMs: number
}): FollowerProgress {
  return {
    brokerEpoch,
    logEndOffset: -1,
    logStartOffset: -1,
    lastFetchMs: isInSync ? nowMs : never,
    seenMs: never, // this may be an image that lay in the socket for as long as this process stood still
    lastCaughtUpMs: isInSync ? nowMs : never,
    leaderEndOffset: -1,
  }
}

export function withFollower(
  state: LeaderState,
  brokerId: number,
  progress: FollowerProgress,
): LeaderState {
  return { ...state, followers: new Map(state.followers).set(brokerId, progress) }
}
