import type { PartitionFetch } from './replica-fetch.ts'
import type { ReplicaLog } from './replica-log.ts'

/** The end of a leader epoch in a log, exclusive. */
export type EpochEnd = { readonly epoch: number; readonly endOffset: number }

/**
 * Whether a follower's log parts from its leader's before the offset it wants (KIP-595). (Epoch,
 * offset) names one record, so two logs that have a batch of the same epoch are the same up to there:
 * they part where the follower's last epoch is not known here, or ends before its log does.
 *
 * @returns Undefined if they do not part. Else the largest epoch known here that is not larger than
 *   the follower's last one, and its end: the follower has nothing in common with this log behind it.
 */
export function divergence(
  log: ReplicaLog,
  { lastFetchedEpoch, fetchOffset }: Pick<PartitionFetch, 'lastFetchedEpoch' | 'fetchOffset'>,
): EpochEnd | undefined {
  if (lastFetchedEpoch === -1) return undefined // it has nothing that could differ
  const end = endOfEpoch(log, lastFetchedEpoch)
  const isCommon = end.epoch === lastFetchedEpoch && fetchOffset <= end.endOffset
  return isCommon ? undefined : end
}

function endOfEpoch({ epochs, logEndOffset }: ReplicaLog, epoch: number): EpochEnd {
  const end = epochs?.endOffsetFor({ epoch, logEndOffset })
  if (end !== undefined && end.epoch !== -1) return end
  // Nothing was appended here in that epoch nor in a later one: what was before it ends the log.
  return { epoch: epochs?.latest?.epoch ?? epoch, endOffset: logEndOffset }
}
