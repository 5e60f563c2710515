import { isInternalTopic } from '../metadata/internal-topics.ts'
import type { RequestOf, ResponseInputOf } from '../protocol/apis.ts'
import { zeroUuid } from '../protocol/codec/uuid.ts'
import { errorOf } from '../protocol/error-of.ts'
import { KafkaError } from '../protocol/errors.ts'
import { errorCodes } from '../protocol/generated/error-codes.ts'
import type { Context } from './services.ts'

/**
 * Deletes records up to an offset, of each partition alone (KIP-107). It is answered once they are gone from all
 * replicas that are alive, or its time is over. A partition that is named more
 * than once is taken once, with the offset that comes last.
 */
export async function handleDeleteRecords(
  { topics, timeoutMs }: RequestOf<'DeleteRecords'>,
  { services }: Context,
): Promise<ResponseInputOf<'DeleteRecords'>> {
  const wanted = new Map<string, Map<number, number>>()
  for (const { name, partitions } of topics) {
    const offsets = wanted.get(name) ?? new Map<number, number>()
    for (const { partitionIndex, offset } of partitions) offsets.set(partitionIndex, offset)
    wanted.set(name, offsets)
  }
  const answers = Array.from(wanted, async ([name, offsets]) => ({
    name,
    partitions: await Promise.all(
      Array.from(offsets, ([index, offset]) => cut(name, index, offset)),
    ),
  }))
  return { throttleTimeMs: 0, topics: await Promise.all(answers) }

  async function cut(name: string, partitionIndex: number, offset: number) {
    try {
      const partition = services.partitions.leaderOf({ topicId: zeroUuid, name }, partitionIndex)
      if (isInternalTopic(name)) {
        throw new KafkaError('INVALID_TOPIC_EXCEPTION', `${name} is what brokers keep`)
      }
      const lowWatermark = await partition.deleteRecordsBefore(offset, timeoutMs)
      return { partitionIndex, lowWatermark, errorCode: errorCodes.NONE }
    } catch (error) {
      return { partitionIndex, lowWatermark: -1, errorCode: errorOf(error).errorCode }
    }
  }
}
