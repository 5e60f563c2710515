import { KafkaError } from '../../protocol/errors.ts'
import { errorCodes } from '../../protocol/generated/error-codes.ts'
import type { CoordinatorState } from '../coordinator-state.ts'
import type { Decision } from '../decision.ts'
import type { CommittingMember } from '../membership.ts'
import type { CoordinatorRecord } from '../records.ts'

/** One partition of a topic that is there. */
export type OffsetToCommit = {
  readonly topic: string
  readonly topicId: string
  readonly partition: number
  readonly offset: number
  readonly leaderEpoch: number
  readonly metadata: string | null
}

export type OffsetCommit = {
  readonly group: string
  readonly member: CommittingMember
  readonly offsets: readonly OffsetToCommit[]
  /** -1 for as long as the broker keeps them. */
  readonly retentionMs: number
  /** Of OffsetCommit. */
  readonly version: number
}

/**
 * Commits offsets of a member, or of a consumer that assigns itself its partitions.
 *
 * Source: OffsetMetadataManager.commitOffset.
 *
 * @returns For each offset the code of its error.
 * @throws {KafkaError} The member may not commit.
 */
export function commitOffsets(
  { membership }: Pick<CoordinatorState, 'membership'>,
  { group, member, offsets, retentionMs, version }: OffsetCommit,
  { nowMs, maxMetadataBytes }: { nowMs: number; maxMetadataBytes: number },
): Decision<number[]> {
  if (membership.stateOf(group) === 'Unknown' && member.generationId >= 0) {
    // Members of consumer groups (KIP-848) know the first of the two, since version 9.
    const code = version >= 9 ? 'GROUP_ID_NOT_FOUND' : 'ILLEGAL_GENERATION'
    throw new KafkaError(code, `there is no group ${group} with members`)
  }
  membership.checkCommit(group, member)
  const expireTimestamp = retentionMs === -1 ? -1 : nowMs + retentionMs
  const records: CoordinatorRecord[] = []
  const response = offsets.map((own) => {
    const { topic, topicId, partition, offset, leaderEpoch } = own
    const metadata = own.metadata ?? ''
    // Kafka counts characters, whatever the name of its setting says.
    if (metadata.length > maxMetadataBytes) return errorCodes.OFFSET_METADATA_TOO_LARGE
    const value = {
      offset,
      leaderEpoch,
      metadata,
      commitTimestamp: nowMs,
      expireTimestamp,
      topicId,
    }
    records.push({ type: 'OffsetCommit', group, topic, partition, value })
    return errorCodes.NONE
  })
  return { records, response }
}
