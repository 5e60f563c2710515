import { isCaughtUp, isInMaximalIsr, mayJoin } from './isr-proposal.ts'
import type { LeaderState, Now } from './leader-state.ts'

/**
 * Moves the high watermark to what every member of the maximal ISR has, this leader too. It stays
 * while the committed ISR is smaller than min.insync.replicas: who left the ISR since may be elected,
 * and has all up to there (ELR, KIP-966).
 */
export function advanceHighWatermark(state: LeaderState, now: Now): LeaderState {
  if (state.isResigned || isUnderMinIsr(state, now)) return state
  let end = now.log.countedEndOffset
  for (const [id, { logEndOffset }] of state.followers) {
    if (logEndOffset < end && isWaitedFor(state, id, now)) end = logEndOffset
  }
  return end > state.highWatermark ? { ...state, highWatermark: end } : state
}

/** @returns Whether the committed ISR is too small. No partition needs more than it has replicas. */
export function isUnderMinIsr(
  { isr, followers }: LeaderState,
  { settings }: Pick<Now, 'settings'>,
): boolean {
  return isr.length < Math.min(settings.minInsyncReplicas, followers.size + 1)
}

/**
 * Also for one that is about to join: under load the end of the log would run away from it for ever.
 * As in Kafka.
 */
function isWaitedFor(state: LeaderState, brokerId: number, now: Now): boolean {
  if (isInMaximalIsr(state, brokerId)) return true
  return mayJoin(state, brokerId, now) && isCaughtUp(state, brokerId, now)
}
