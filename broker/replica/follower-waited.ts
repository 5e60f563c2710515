import { type LeaderState, withFollower } from './leader-state.ts'

/**
 * A follower that waits at the end of the log says so with each fetch of its session, in which this partition
 * is not named (KIP-227): it had all there was at its last one.
 *
 * @param fetchMs When that was, by the leader's monotonic clock.
 * @param answeredMs When the leader gave the last answer that it had then, by the same clock; -1: none.
 */
export function followerWaited(
  state: LeaderState,
  {
    brokerId,
    brokerEpoch,
    fetchMs,
    answeredMs,
  }: { brokerId: number; brokerEpoch: number; fetchMs: number; answeredMs: number },
): LeaderState {
  const known = state.followers.get(brokerId)
  if (known === undefined || known.brokerEpoch !== brokerEpoch) return state
  if (known.logEndOffset < known.leaderEndOffset || fetchMs <= known.lastFetchMs) return state
  return withFollower(state, brokerId, {
    ...known,
    lastFetchMs: fetchMs,
    seenMs: Math.max(known.seenMs, Math.min(answeredMs, fetchMs)),
    lastCaughtUpMs: Math.max(known.lastCaughtUpMs, fetchMs),
  })
}
