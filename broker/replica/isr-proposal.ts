import { isFlapping } from './flapping.ts'
import type { LeaderState, Now } from './leader-state.ts'

/** What an AlterPartition request says of a partition; the recovery state is RECOVERED. */
export type IsrProposal = {
  readonly leaderEpoch: number
  /** It takes effect only if the partition still has this epoch. */
  readonly partitionEpoch: number
  readonly newIsr: readonly { readonly brokerId: number; readonly brokerEpoch: number }[]
}

export type PendingIsr = {
  readonly proposal: IsrProposal
  /** What became of it is seen once the partition has this epoch. */
  readonly seenAtPartitionEpoch: number
}

/** The state after an event, and the proposal that is to be sent to the controller now. */
export type LeaderStep = {
  readonly state: LeaderState
  readonly send: IsrProposal | undefined
}

/**
 * Whether a broker is in the maximal ISR: the committed one and the one proposed, together (KIP-497).
 * Nobody knows which of the two the next leader will be chosen from.
 */
export function isInMaximalIsr({ isr, pending }: LeaderState, brokerId: number): boolean {
  if (isr.includes(brokerId)) return true
  return pending?.proposal.newIsr.some((member) => member.brokerId === brokerId) ?? false
}

/**
 * Proposes to take a follower in that just fetched: it has all that was committed, also by earlier
 * leaders, and the controller will not refuse it as far as is known here. As in Kafka.
 */
export function proposeToExpand(state: LeaderState, brokerId: number, now: Now): LeaderState {
  if (state.isResigned || state.pending !== undefined || state.isr.includes(brokerId)) return state
  const logEndOffset = state.followers.get(brokerId)?.logEndOffset ?? -1
  // Before the epoch's start the high watermark may be behind what an earlier leader committed.
  if (logEndOffset < state.highWatermark || logEndOffset < state.epochStartOffset) return state
  if (!mayJoin(state, brokerId, now)) return state
  return propose(state, [...state.isr, brokerId], now)
}

/**
 * Says that after an unclean election it leads with what it has: there is nothing that it would have to
 * look for first. So does any other proposal.
 */
export function proposeRecovered(state: LeaderState, now: Now): LeaderState {
  if (state.isResigned || state.pending !== undefined || !state.isRecovering) return state
  return propose(state, state.isr, now)
}

/** Proposes to do without those that were not caught up for replica.lag.time.max.ms. */
export function proposeToShrink(state: LeaderState, now: Now): LeaderState {
  if (state.isResigned || state.pending !== undefined) return state
  const newIsr = state.isr.filter((id) => id === state.brokerId || isCaughtUp(state, id, now))
  return newIsr.length === state.isr.length ? state : propose(state, newIsr, now)
}

/**
 * Whether a replica is to be taken in once it has all: the controller would, as far as the metadata log tells
 * (KIP-903), and it does not come and go.
 */
export function mayJoin(
  state: LeaderState,
  brokerId: number,
  now: Pick<Now, 'brokers' | 'nowMs'>,
): boolean {
  const broker = now.brokers(brokerId)
  if (broker === undefined || broker.fenced || broker.inControlledShutdown) return false
  const isThatProcess = state.followers.get(brokerId)?.brokerEpoch === broker.epoch
  return isThatProcess && !isFlapping(state, brokerId, now)
}

/** Whether it has all there is, or had it a short time ago. */
export function isCaughtUp(
  { followers }: LeaderState,
  brokerId: number,
  { log, nowMs, settings }: Pick<Now, 'log' | 'nowMs' | 'settings'>,
): boolean {
  const follower = followers.get(brokerId)
  if (follower === undefined) return false
  if (follower.logEndOffset === log.logEndOffset) return true
  return nowMs - follower.lastCaughtUpMs <= settings.replicaLagTimeMaxMs
}

function propose(state: LeaderState, ids: readonly number[], { brokers }: Now): LeaderState {
  const { leaderEpoch, partitionEpoch, followers } = state
  const newIsr = ids.map((brokerId) => ({
    brokerId,
    brokerEpoch: followers.get(brokerId)?.brokerEpoch ?? brokers(brokerId)?.epoch ?? -1,
  }))
  const proposal = { leaderEpoch, partitionEpoch, newIsr }
  return { ...state, pending: { proposal, seenAtPartitionEpoch: partitionEpoch + 1 } }
}
