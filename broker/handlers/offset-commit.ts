import { commitOffsets, type OffsetToCommit } from '../coordinator/offsets/commit-offsets.ts'
import type { RequestOf, ResponseInputOf } from '../protocol/apis.ts'
import { errorOf } from '../protocol/error-of.ts'
import { errorCodes } from '../protocol/generated/error-codes.ts'
import { namedTopic } from './named-topic.ts'
import { PartitionAnswers } from './partition-answers.ts'
import type { Context } from './services.ts'

/**
 * Keeps how far a group has read. What is not there is answered first, as in Kafka: a topic that is
 * gone fails alone.
 */
export async function handleOffsetCommit(
  request: RequestOf<'OffsetCommit'>,
  { services, version }: Context,
): Promise<ResponseInputOf<'OffsetCommit'>> {
  const { groups, clock } = services
  const answers = new PartitionAnswers<{ partitionIndex: number; errorCode: number }>()
  const offsets: OffsetToCommit[] = []
  for (const asked of request.topics) {
    const topic = namedTopic(services.image(), asked, { byId: version >= 10 })
    for (const partition of asked.partitions) {
      const { partitionIndex } = partition
      if (topic === undefined || !topic.has(partitionIndex)) {
        const code = version >= 10 && topic === undefined ? 'UNKNOWN_TOPIC_ID' : unknown
        answers.add(asked, { partitionIndex, errorCode: errorCodes[code] })
        continue
      }
      offsets.push({
        topic: topic.name,
        topicId: topic.id,
        partition: partitionIndex,
        offset: partition.committedOffset,
        leaderEpoch: partition.committedLeaderEpoch,
        metadata: partition.committedMetadata,
      })
    }
  }
  const codes = offsets.length === 0 ? [] : await commit()
  for (const [index, { topic: name, topicId, partition }] of offsets.entries()) {
    const errorCode = codes[index] as number
    answers.add({ name, topicId }, { partitionIndex: partition, errorCode })
  }
  return { throttleTimeMs: 0, topics: answers.topics() }

  async function commit(): Promise<readonly number[]> {
    const { groupId: group, memberId, groupInstanceId } = request
    const { retentionTimeMs: retentionMs, generationIdOrMemberEpoch: generationId } = request
    const member = { memberId, groupInstanceId, generationId }
    const { maxMetadataBytes } = groups.settings
    const now = { nowMs: clock.nowMs(), maxMetadataBytes }
    try {
      return await groups.run(group, (state) =>
        commitOffsets(state, { group, member, offsets, retentionMs, version }, now),
      )
    } catch (error) {
      return offsets.map(() => errorOf(error).errorCode)
    }
  }
}

const unknown = 'UNKNOWN_TOPIC_OR_PARTITION'
