import type { TopicImage } from '../../broker/metadata/image.ts'
import type { Topic } from '../api/topic/topic.ts'
import { conditionsAfter, type Readiness } from '../condition.ts'
import { topicView } from './topic-status.ts'

/**
 * What the status of a Topic says: what is in the metadata log, and whether that is what its resource
 * wants. Pure; the same again as long as nothing changed.
 *
 * @param topic With the status that it has now.
 * @param found Its topic; undefined where there is none.
 */
export function topicResourceStatus(
  topic: Topic,
  found: TopicImage | undefined,
  { readiness, nowMs }: { readiness: Readiness; nowMs: number },
): NonNullable<Topic['status']> {
  const { generation } = topic.metadata
  return {
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    ...(found === undefined ? {} : partsOf(found)),
    conditions: conditionsAfter(topic, readiness, nowMs),
  }
}

function partsOf(topic: TopicImage) {
  const { online, underReplicated, leaderless } = topicView(topic)
  return {
    topicId: topic.id,
    partitions: partitionTexts(topic),
    summary: { online, underReplicated, leaderless },
  }
}

/** Each partition as `leader:leaderEpoch:partitionEpoch:replicas:isr`; without a leader, -1. */
function partitionTexts({ partitions }: TopicImage): string[] {
  return Array.from({ length: partitions.count }, (_, id) => {
    const { leader, leaderEpoch, partitionEpoch, replicas, isr } = partitions.at(id)
    return [leader, leaderEpoch, partitionEpoch, replicas.join(','), isr.join(',')].join(':')
  })
}
