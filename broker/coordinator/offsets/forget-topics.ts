import { zeroUuid } from '../../protocol/codec/uuid.ts'
import type { CoordinatorState } from '../coordinator-state.ts'
import type { Decision } from '../decision.ts'
import type { CoordinatorRecord } from '../records.ts'
import { offsetTombstone } from './delete-offsets.ts'

/** Topics that were deleted. */
export type DeletedTopics = {
  readonly ids: ReadonlySet<string>
  readonly names: ReadonlySet<string>
  /** Offsets that do not say of which topic they are can only be of these. */
  readonly justNow: boolean
}

/**
 * Takes the offsets of deleted topics away, or who reads a new topic of that name would begin where
 * somebody left the old one.
 *
 * Source: OffsetMetadataManager.onTopicsDeleted.
 *
 * @returns How many go.
 */
export function forgetTopics(
  { offsets }: Pick<CoordinatorState, 'offsets'>,
  groups: readonly string[],
  { ids, names, justNow }: DeletedTopics,
): Decision<number> {
  const records: CoordinatorRecord[] = []
  for (const group of groups) {
    for (const [topic, partitions] of offsets.ofGroup(group)) {
      if (!names.has(topic)) continue
      for (const [partition, { topicId }] of partitions) {
        const isGone = topicId === zeroUuid ? justNow : ids.has(topicId)
        if (isGone) records.push(offsetTombstone(group, topic, partition))
      }
    }
  }
  return { records, response: records.length }
}
