import { KafkaError } from '../protocol/errors.ts'
import { noteBrokerEpoch } from './broker-epochs.ts'
import { divergence, type EpochEnd } from './divergence.ts'
import { advanceHighWatermark } from './high-watermark.ts'
import { type LeaderStep, proposeToExpand } from './isr-proposal.ts'
import { settle, stepFrom } from './leader-events.ts'
import { type FollowerProgress, type LeaderState, type Now, withFollower } from './leader-state.ts'
import type { ReplicaFetch } from './replica-fetch.ts'

/**
 * What a follower is answered: batches from its offset on; or where its log parts from this one; or an
 * error, with which this log's start is to be told too, since the follower decides by it.
 */
export type ReplicaFetchAnswer =
  | { readonly type: 'read' }
  | { readonly type: 'diverging'; readonly divergingEpoch: EpochEnd }
  | { readonly type: 'refuse'; readonly error: KafkaError }

/**
 * A follower fetches: it has all before its offset, if its log does not part from this one. Only then
 * does it count.
 *
 * Errors: NOT_LEADER_OR_FOLLOWER after resigning, and for a broker that is no replica;
 * FENCED_LEADER_EPOCH; UNKNOWN_LEADER_EPOCH; STALE_BROKER_EPOCH for an earlier incarnation (KIP-903);
 * OFFSET_OUT_OF_RANGE.
 */
export function followerFetched(
  before: LeaderState,
  fetch: ReplicaFetch,
  now: Now,
): LeaderStep & { readonly answer: ReplicaFetchAnswer } {
  let state = settle(before, now)
  const stranger = refuseStranger(state, fetch)
  if (stranger !== undefined) return { state, send: undefined, answer: refuse(stranger) }

  const { brokerId, brokerEpoch } = fetch
  state = noteBrokerEpoch(state, { brokerId, brokerEpoch, nowMs: now.nowMs })
  const answer = answerTo(fetch, now)
  if (answer.type !== 'read') return { state, send: undefined, answer }

  const known = state.followers.get(brokerId) as FollowerProgress
  state = withFollower(state, brokerId, progressAfter(known, fetch, now))
  state = proposeToExpand(state, brokerId, now)
  return { ...stepFrom(before, advanceHighWatermark(state, now)), answer }
}

function refuseStranger(state: LeaderState, fetch: ReplicaFetch): KafkaError | undefined {
  const { leaderEpoch } = state
  const { brokerId, brokerEpoch, currentLeaderEpoch, lastFetchedEpoch } = fetch
  if (state.isResigned) return new KafkaError('NOT_LEADER_OR_FOLLOWER', 'it is not led here')
  if (currentLeaderEpoch < leaderEpoch) {
    const message = `leader epoch ${currentLeaderEpoch}, it is ${leaderEpoch}`
    return new KafkaError('FENCED_LEADER_EPOCH', message)
  }
  // A log that ends in a later epoch must not be cut because of this one (safety rule 2).
  const epoch = Math.max(currentLeaderEpoch, lastFetchedEpoch)
  if (epoch > leaderEpoch) {
    return new KafkaError(
      'UNKNOWN_LEADER_EPOCH',
      `leader epoch ${epoch}, here it is ${leaderEpoch}`,
    )
  }
  const known = state.followers.get(brokerId)
  if (known === undefined) {
    return new KafkaError('NOT_LEADER_OR_FOLLOWER', `broker ${brokerId} is no replica`)
  }
  if (brokerEpoch < known.brokerEpoch) {
    const message = `broker ${brokerId} in epoch ${brokerEpoch}, it is ${known.brokerEpoch}`
    return new KafkaError('STALE_BROKER_EPOCH', message)
  }
  return undefined
}

function answerTo(fetch: ReplicaFetch, { log }: Pick<Now, 'log'>): ReplicaFetchAnswer {
  const { fetchOffset } = fetch
  const { logStartOffset, logEndOffset } = log
  // First: what is gone here cannot be compared, and the follower is to begin anew.
  if (fetchOffset < logStartOffset) return refuse(outOfRange())
  const divergingEpoch = divergence(log, fetch)
  if (divergingEpoch !== undefined) return { type: 'diverging', divergingEpoch }
  return fetchOffset > logEndOffset ? refuse(outOfRange()) : { type: 'read' }

  function outOfRange(): KafkaError {
    const message = `${fetchOffset} is not within ${logStartOffset} to ${logEndOffset}`
    return new KafkaError('OFFSET_OUT_OF_RANGE', message)
  }
}

function progressAfter(
  known: FollowerProgress,
  { brokerEpoch, fetchOffset, logStartOffset, answeredMs }: ReplicaFetch,
  { log: { logEndOffset: leaderEndOffset }, nowMs }: Now,
): FollowerProgress {
  let { lastCaughtUpMs } = known
  if (fetchOffset >= leaderEndOffset) lastCaughtUpMs = nowMs
  // Under load it never has all, but it has now what there was when it asked before.
  else if (fetchOffset >= known.leaderEndOffset) {
    lastCaughtUpMs = Math.max(lastCaughtUpMs, known.lastFetchMs)
  }
  const logEndOffset = fetchOffset
  return {
    brokerEpoch,
    logEndOffset,
    logStartOffset,
    lastFetchMs: nowMs,
    seenMs: Math.max(known.seenMs, Math.min(answeredMs, nowMs)),
    lastCaughtUpMs,
    leaderEndOffset,
  }
}

function refuse(error: KafkaError): ReplicaFetchAnswer {
  return { type: 'refuse', error }
}
