import type { PartitionImage } from '../metadata/partition-table.ts'
import type { PartitionFetch } from './replica-fetch.ts'
import type { ReplicaLog } from './replica-log.ts'

/** How a replica follows its leader, in one leader epoch. Never changed: each event makes the next. */
export type FollowerState = {
  readonly leader: number
  readonly leaderEpoch: number
  /** The leader was elected though it may lack what was committed: all follow it in that (KIP-704). */
  readonly isUnclean: boolean
  /** Exclusive. It moves back only where that is lost by an unclean election. */
  readonly highWatermark: number
  /** What the leader said last of its own. */
  readonly leaderHighWatermark: number
  /** When the leader gave its last answer, by its clock; -1 before that. */
  readonly answeredMs: number
  /** Its answer is awaited; any other answer is one of the past. */
  readonly asked: PartitionFetch | undefined
  /** Nothing is asked any more in this epoch: only a later one helps. */
  readonly isHalted: boolean
}

/** What a follower is to do before it is answered: `flush` and then ask again for what to do. */
export type FollowerTurn =
  | { readonly type: 'fetch'; readonly fetch: PartitionFetch }
  | { readonly type: 'flush' }
  | { readonly type: 'wait' }

/**
 * Begins to follow in a leader epoch. Its log stays as it is until the leader says where they part.
 *
 * @param highWatermark What this replica was told before, or has from its checkpoint.
 */
export function beginToFollow(
  { leader, leaderEpoch, leaderRecoveryState }: PartitionImage,
  about: { highWatermark: number },
  { logEndOffset }: Pick<ReplicaLog, 'logEndOffset'>,
): FollowerState {
  // It may have lost the end of its log with the power: others may go on there with something else.
  const highWatermark = Math.min(about.highWatermark, logEndOffset)
  return {
    leader,
    leaderEpoch,
    isUnclean: leaderRecoveryState === 'RECOVERING',
    highWatermark,
    leaderHighWatermark: highWatermark,
    answeredMs: -1,
    asked: undefined,
    isHalted: false,
  }
}

/** The next thing to be done, while nothing is under way: no append, cut or flush. */
export function nextTurn(
  state: FollowerState,
  log: ReplicaLog,
): { readonly state: FollowerState; readonly turn: FollowerTurn } {
  const lastFetchedEpoch = log.epochs?.latest?.epoch ?? -1
  // Metadata that is older than the log: a deposed leader would have committed records cut off
  // (safety rule 2).
  const isOutdated = lastFetchedEpoch > state.leaderEpoch
  if (state.isHalted || isOutdated || state.asked !== undefined) {
    return { state, turn: { type: 'wait' } }
  }
  // The leader takes the fetch offset for what this replica has (safety rule 5).
  if (log.countedEndOffset < log.logEndOffset) return { state, turn: { type: 'flush' } }
  const fetch: PartitionFetch = {
    currentLeaderEpoch: state.leaderEpoch,
    fetchOffset: log.logEndOffset,
    lastFetchedEpoch,
    logStartOffset: log.logStartOffset,
    answeredMs: state.answeredMs,
  }
  return { state: { ...state, asked: fetch }, turn: { type: 'fetch', fetch } }
}

/** What was fetched is appended. */
export function followerAppended(state: FollowerState, log: ReplicaLog): FollowerState {
  const end = Math.min(state.leaderHighWatermark, log.logEndOffset)
  return end > state.highWatermark ? { ...state, highWatermark: end } : state
}
