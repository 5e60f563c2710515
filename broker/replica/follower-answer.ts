import type { KafkaError } from '../protocol/errors.ts'
import type { EpochEnd } from './divergence.ts'
import { type FollowerState, followerAppended } from './follower-state.ts'
import type { PartitionFetch } from './replica-fetch.ts'
import type { ReplicaLog } from './replica-log.ts'
import { truncationOffset } from './truncation.ts'

/** What a leader answers to a fetch. */
export type FetchAnswer =
  | {
      /** No answer at all: NETWORK_EXCEPTION. */
      readonly error: KafkaError['code']
      /** Of the leader; -1 if it does not say. */
      readonly logStartOffset: number
    }
  | { readonly error?: undefined; readonly divergingEpoch: EpochEnd }
  | {
      readonly error?: undefined
      readonly divergingEpoch?: undefined
      readonly highWatermark: number
      /** By the leader's clock. */
      readonly answeredMs: number
      readonly records: FetchedRecords | undefined
    }

/** What matters of the batches that came. Their leader epochs rise. */
export type FetchedRecords = {
  readonly baseOffset: number
  readonly firstLeaderEpoch: number
  readonly lastLeaderEpoch: number
}

/** What is to be done, before the next turn. */
export type FollowerDecision =
  | { readonly type: 'nothing' }
  /** Then `followerAppended`. */
  | { readonly type: 'append' }
  | { readonly type: 'truncate'; readonly endOffset: number }
  /** Drop all, and go on at an offset. */
  | { readonly type: 'begin-anew'; readonly startOffset: number }
  /** Ask again after a while. */
  | { readonly type: 'retry' }
  | { readonly type: 'await-metadata' }
  /**
   * The leader has not what was committed: only an unclean election may lead to that, while this replica
   * was away. People are to be told; the log is renamed and kept, and begun anew.
   */
  | { readonly type: 'set-aside'; readonly startOffset: number; readonly message: string }
  /** Batches that cannot follow this log: a mistake. Nothing is done in this epoch, and people are to be told. */
  | { readonly type: 'halt'; readonly message: string }

export type FollowerStep = { readonly state: FollowerState; readonly decision: FollowerDecision }

/** The leader answered, or it is known that it will not. */
export function fetchAnswered(
  before: FollowerState,
  { fetch, answer }: { fetch: PartitionFetch; answer: FetchAnswer },
  log: ReplicaLog,
): FollowerStep {
  if (before.asked !== fetch) return { state: before, decision: { type: 'nothing' } }
  const state = { ...before, asked: undefined }
  if (log.logEndOffset !== fetch.fetchOffset) return { state, decision: { type: 'nothing' } }
  if (answer.error !== undefined) return afterError(state, answer, log)
  if (answer.divergingEpoch !== undefined) return afterDivergence(state, answer.divergingEpoch, log)
  const { highWatermark, answeredMs, records } = answer
  const told = Math.max(state.leaderHighWatermark, highWatermark)
  // The logs are the same up to the fetch offset, which is where this one ends.
  const next = followerAppended({ ...state, leaderHighWatermark: told, answeredMs }, log)
  if (records === undefined) return { state: next, decision: { type: 'nothing' } }
  const problem = problemOf(next, records, log)
  if (problem !== undefined) return halt(state, problem)
  return { state: next, decision: { type: 'append' } }
}

function afterError(
  state: FollowerState,
  { error, logStartOffset }: { error: KafkaError['code']; logStartOffset: number },
  log: ReplicaLog,
): FollowerStep {
  switch (error) {
    case 'FENCED_LEADER_EPOCH':
      return { state: { ...state, isHalted: true }, decision: { type: 'await-metadata' } }
    case 'OFFSET_OUT_OF_RANGE':
      return afterOutOfRange(state, logStartOffset, log)
    default: // UNKNOWN_LEADER_EPOCH, too: it is the leader that has to hear of its epoch
      // And STALE_BROKER_EPOCH: this broker has registered anew since, or is about to.
      return { state, decision: { type: 'retry' } }
  }
}

function afterOutOfRange(
  state: FollowerState,
  leaderStartOffset: number,
  { logEndOffset }: ReplicaLog,
): FollowerStep {
  if (leaderStartOffset === -1) return { state, decision: { type: 'retry' } }
  const isBehind = leaderStartOffset > logEndOffset
  if (!isBehind && !state.isUnclean) {
    // A log with batches is told where it diverges, so this one has none and begins behind the end of
    // the leader's: what was before it was committed.
    const message = `the log ends at ${logEndOffset}, out of the leader's from ${leaderStartOffset} on`
    return setAside(state, { startOffset: leaderStartOffset, message })
  }
  // All before a leader's start was committed, else it could not have been deleted.
  const highWatermark = isBehind
    ? leaderStartOffset
    : Math.min(state.highWatermark, leaderStartOffset)
  return {
    state: { ...state, highWatermark, leaderHighWatermark: highWatermark },
    decision: { type: 'begin-anew', startOffset: leaderStartOffset },
  }
}

function afterDivergence(state: FollowerState, end: EpochEnd, log: ReplicaLog): FollowerStep {
  const endOffset = truncationOffset(log, end)
  const { highWatermark } = state
  if (endOffset === undefined) {
    // Its last epoch is one of which nothing is left here: retention took it, so it was committed.
    const message = `the leader's epoch ${end.epoch} ends at ${end.endOffset}, but there is nothing to cut off`
    return setAside(state, { startOffset: 0, message })
  }
  const decision = { type: 'truncate', endOffset } as const
  if (endOffset >= highWatermark) return { state, decision }
  if (!state.isUnclean) {
    const message = `to be cut to ${endOffset}, but all before ${highWatermark} is committed`
    return setAside(state, { startOffset: 0, message })
  }
  return {
    state: { ...state, highWatermark: endOffset, leaderHighWatermark: endOffset },
    decision,
  }
}

/** Offsets may be left out, where the leader has compacted them. */
function problemOf(
  { leaderEpoch }: FollowerState,
  { baseOffset, firstLeaderEpoch, lastLeaderEpoch }: FetchedRecords,
  { epochs, logEndOffset }: ReplicaLog,
): string | undefined {
  if (baseOffset < logEndOffset) return `from ${baseOffset} on, but the log ends at ${logEndOffset}`
  const lastEpoch = epochs?.latest?.epoch ?? -1
  if (firstLeaderEpoch < lastEpoch || lastLeaderEpoch > leaderEpoch) {
    return `of epochs ${firstLeaderEpoch} to ${lastLeaderEpoch}, not within ${lastEpoch} to ${leaderEpoch}`
  }
  return undefined
}

/** Where the leader's log begins later than that, it says so at the next fetch. */
function setAside(
  state: FollowerState,
  { startOffset, message }: { startOffset: number; message: string },
): FollowerStep {
  const next = { ...state, highWatermark: startOffset, leaderHighWatermark: startOffset }
  return { state: next, decision: { type: 'set-aside', startOffset, message } }
}

function halt(state: FollowerState, message: string): FollowerStep {
  return { state: { ...state, isHalted: true }, decision: { type: 'halt', message } }
}
