import type { PartitionImage } from '../metadata/partition-table.ts'
import { forgetEarlierEpochs } from './broker-epochs.ts'
import { noteDepartures } from './flapping.ts'
import { advanceHighWatermark } from './high-watermark.ts'
import { type LeaderStep, proposeRecovered, proposeToShrink } from './isr-proposal.ts'
import { followersOf, type LeaderState, type Now } from './leader-state.ts'

/** More was appended or flushed here. */
export function logMoved(before: LeaderState, now: Now): LeaderState {
  return advanceHighWatermark(settle(before, now), now)
}

/** To be called now and then: Kafka does at half of replica.lag.time.max.ms. */
export function timePassed(before: LeaderState, now: Now): LeaderStep {
  const state = proposeToShrink(proposeRecovered(settle(before, now), now), now)
  return stepFrom(before, advanceHighWatermark(state, now))
}

/**
 * The metadata log has another image of the partition, or one of its replicas registered anew.
 *
 * @param image Undefined: the partition is gone.
 */
export function imageChanged(
  before: LeaderState,
  image: PartitionImage | undefined,
  now: Now,
): LeaderState {
  if (before.isResigned) return before
  if (image === undefined || image.leaderEpoch > before.leaderEpoch) return resigned(before)
  const state = settle(before, now)
  if (image.leaderEpoch < state.leaderEpoch) return state
  if (image.partitionEpoch <= state.partitionEpoch) return advanceHighWatermark(state, now)
  if (image.leader !== state.brokerId) return resigned(state)
  return advanceHighWatermark(withImage(state, image, now), now)
}

/**
 * Every event begins so.
 *
 * @returns The state without what no longer holds.
 */
export function settle(state: LeaderState, now: Now): LeaderState {
  return state.isResigned ? state : forgetEarlierEpochs(state, now)
}

/** A proposal that was made by the event is to be sent. */
export function stepFrom(before: LeaderState, state: LeaderState): LeaderStep {
  const isNew = state.pending !== undefined && state.pending !== before.pending
  return { state, send: isNew ? state.pending.proposal : undefined }
}

/** It leads no more: nothing is proposed, counted or committed by it. */
function resigned(state: LeaderState): LeaderState {
  return { ...state, pending: undefined, isResigned: true }
}

function withImage(
  before: LeaderState,
  { isr, elr, replicas, partitionEpoch, leaderRecoveryState }: PartitionImage,
  now: Now,
): LeaderState {
  const { pending } = before
  // The proposal named an earlier partition epoch: it has taken effect in this image, or never will.
  const isSeen = pending === undefined || partitionEpoch >= pending.seenAtPartitionEpoch
  const next: LeaderState = {
    ...before,
    isr,
    elr,
    partitionEpoch,
    isRecovering: leaderRecoveryState === 'RECOVERING',
    departures: noteDepartures(before, { isr, nowMs: now.nowMs }),
    pending: isSeen ? undefined : pending,
  }
  return { ...next, followers: followersOf(next, replicas, now) }
}
