import { advanceHighWatermark } from './high-watermark.ts'
import { type LeaderStep, proposeToExpand } from './isr-proposal.ts'
import { settle, stepFrom } from './leader-events.ts'
import { type LeaderState, type Now, withFollower } from './leader-state.ts'

/**
 * A follower that waits at the end of the log says so with each fetch of its session, in which this partition
 * is not named (KIP-227): it had all there was at its last one. It may be taken in, too, where that was not
 * possible when it came there.
 *
 * @param fetchMs When that was, by the leader's monotonic clock.
 * @param answeredMs When the leader gave the last answer that it had then, by the same clock; -1: none.
 */
export function followerWaited(
  before: LeaderState,
  {
    brokerId,
    brokerEpoch,
    fetchMs,
    answeredMs,
  }: { brokerId: number; brokerEpoch: number; fetchMs: number; answeredMs: number },
  now: Now,
): LeaderStep {
  let state = settle(before, now)
  const known = state.followers.get(brokerId)
  if (known === undefined || known.brokerEpoch !== brokerEpoch) return { state, send: undefined }
  if (known.logEndOffset >= known.leaderEndOffset && fetchMs > known.lastFetchMs) {
    state = withFollower(state, brokerId, {
      ...known,
      lastFetchMs: fetchMs,
      seenMs: Math.max(known.seenMs, Math.min(answeredMs, fetchMs)),
      lastCaughtUpMs: Math.max(known.lastCaughtUpMs, fetchMs),
    })
  }
  state = proposeToExpand(state, brokerId, now)
  return stepFrom(before, advanceHighWatermark(state, now))
}
