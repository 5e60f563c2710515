import { deleteOffsets } from '../coordinator/offsets/delete-offsets.ts'
import type { RequestOf, ResponseInputOf } from '../protocol/apis.ts'
import { zeroUuid } from '../protocol/codec/uuid.ts'
import { errorOf } from '../protocol/error-of.ts'
import { errorCodes } from '../protocol/generated/error-codes.ts'
import { namedTopic } from './named-topic.ts'
import { PartitionAnswers } from './partition-answers.ts'
import type { Context } from './services.ts'

/** Takes offsets of a group away. What is not there is answered first. */
export async function handleOffsetDelete(
  { groupId, topics }: RequestOf<'OffsetDelete'>,
  { services }: Context,
): Promise<ResponseInputOf<'OffsetDelete'>> {
  const answers = new PartitionAnswers<{ partitionIndex: number; errorCode: number }>()
  const there: { topic: string; partition: number }[] = []
  for (const { name, partitions } of topics) {
    const topic = namedTopic(services.image(), { name, topicId: zeroUuid }, { byId: false })
    for (const { partitionIndex } of partitions) {
      if (topic?.has(partitionIndex) === true) {
        there.push({ topic: name, partition: partitionIndex })
      } else {
        const errorCode = errorCodes.UNKNOWN_TOPIC_OR_PARTITION
        answers.add({ name }, { partitionIndex, errorCode })
      }
    }
  }
  const answered = (errorCode: number) => ({ errorCode, throttleTimeMs: 0, topics: [] })
  if (there.length > 0) {
    if (groupId === '') return answered(errorCodes.INVALID_GROUP_ID)
    try {
      const codes = await services.groups.run(groupId, (state) => {
        return deleteOffsets(state, groupId, there)
      })
      for (const [index, { topic: name, partition: partitionIndex }] of there.entries()) {
        answers.add({ name }, { partitionIndex, errorCode: codes[index] as number })
      }
    } catch (error) {
      return answered(errorOf(error).errorCode)
    }
  }
  return { ...answered(errorCodes.NONE), topics: answers.topics() }
}
