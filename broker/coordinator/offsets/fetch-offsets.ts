import { zeroUuid } from '../../protocol/codec/uuid.ts'
import type { CoordinatorState } from '../coordinator-state.ts'
import type { Decision } from '../decision.ts'
import type { CommittedOffset } from './committed-offsets.ts'

export type OffsetsAsked = { readonly topic: string; readonly partitions: readonly number[] }

export type OffsetFound = { readonly partition: number; readonly committed?: CommittedOffset }
export type OffsetsFound = { readonly topic: string; readonly partitions: readonly OffsetFound[] }

/**
 * How far a group has read. One that nobody knows has read nothing; and of a topic that was made anew
 * nobody has read what was committed of the old one, which is about to go.
 *
 * Source: OffsetMetadataManager.fetchOffsets, fetchAllOffsets.
 *
 * @param asked Null for all that it committed.
 * @param topicIdOf The id of a topic by its name; all zeros where it is not there.
 */
export function fetchOffsets(
  { offsets }: Pick<CoordinatorState, 'offsets'>,
  { group, asked }: { group: string; asked: readonly OffsetsAsked[] | null },
  topicIdOf: (topic: string) => string,
): Decision<OffsetsFound[]> {
  const ofGroup = offsets.ofGroup(group)
  const all = asked ?? Array.from(ofGroup, ([topic, own]) => ({ topic, partitions: own.keys() }))
  const response = all.map(({ topic, partitions }) => {
    const ofTopic = ofGroup.get(topic)
    const topicId = topicIdOf(topic)
    const found = Array.from(partitions, (partition): OffsetFound => {
      const committed = ofTopic?.get(partition)
      const isThere = committed !== undefined && !isOfAnother(committed, topicId)
      return isThere ? { partition, committed } : { partition }
    })
    return { topic, partitions: asked === null ? found.filter(isKnown) : found }
  })
  const shown = response.filter(({ partitions }) => asked !== null || partitions.length > 0)
  return { records: [], response: shown }
}

function isKnown({ committed }: OffsetFound): boolean {
  return committed !== undefined
}

/** Of a topic that had the name before. */
function isOfAnother({ topicId: own }: CommittedOffset, topicId: string): boolean {
  return own !== zeroUuid && topicId !== zeroUuid && own !== topicId
}
