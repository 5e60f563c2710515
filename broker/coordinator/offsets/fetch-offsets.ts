import { zeroUuid } from '../../protocol/codec/uuid.ts'
import type { CoordinatorState } from '../coordinator-state.ts'
import type { Decision } from '../decision.ts'
import type { CommittedOffset } from './committed-offsets.ts'

/** Partitions of a topic, with its id where who asks knows it; all zeros otherwise. */
export type OffsetsAsked = {
  readonly topic: string
  readonly topicId: string
  readonly partitions: readonly number[]
}

export type OffsetFound = { readonly partition: number; readonly committed?: CommittedOffset }
export type OffsetsFound = { readonly topic: string; readonly partitions: readonly OffsetFound[] }

/**
 * How far a group has read. One that nobody knows has read nothing.
 *
 * @param asked Null for all that it committed.
 *
 * Source: OffsetMetadataManager.fetchOffsets, fetchAllOffsets.
 */
export function fetchOffsets(
  { offsets }: Pick<CoordinatorState, 'offsets'>,
  group: string,
  asked: readonly OffsetsAsked[] | null,
): Decision<OffsetsFound[]> {
  const committed = offsets.ofGroup(group)
  if (asked === null) {
    const response = Array.from(committed, ([topic, partitions]) => ({
      topic,
      partitions: Array.from(partitions, ([partition, committed]) => ({ partition, committed })),
    }))
    return { records: [], response }
  }
  const response = asked.map(({ topic, topicId, partitions }) => {
    const ofTopic = committed.get(topic)
    return { topic, partitions: partitions.map((partition) => found(partition)) }

    function found(partition: number): OffsetFound {
      const own = ofTopic?.get(partition)
      return own === undefined || isOfAnother(own, topicId)
        ? { partition }
        : { partition, committed: own }
    }
  })
  return { records: [], response }
}

/** Of a topic that had the name before. */
function isOfAnother({ topicId: own }: CommittedOffset, topicId: string): boolean {
  return own !== zeroUuid && topicId !== zeroUuid && own !== topicId
}
