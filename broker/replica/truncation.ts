import type { EpochEnd } from './divergence.ts'
import type { ReplicaLog } from './replica-log.ts'

/**
 * Where a follower's log is to end after its leader said where the two part (KIP-101, KIP-279, KIP-595).
 * Never by the high watermark: that of a follower lags, and what is behind it may be committed.
 *
 * @returns Less than the log's end. Where the follower does not know the leader's epoch this is not yet
 *   where the two part, and the next fetch finds out more. Undefined if there is nothing to cut off.
 */
export function truncationOffset(
  { epochs, logEndOffset }: ReplicaLog,
  { epoch, endOffset }: EpochEnd,
): number | undefined {
  const own = epochs?.endOffsetFor({ epoch, logEndOffset }).endOffset ?? logEndOffset
  const target = Math.min(own === -1 ? logEndOffset : own, endOffset)
  return target < logEndOffset ? target : undefined
}
