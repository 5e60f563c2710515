import type { RequestOf, ResponseInputOf } from '../protocol/apis.ts'
import { zeroUuid } from '../protocol/codec/uuid.ts'
import { errorOf } from '../protocol/error-of.ts'
import { errorCodes } from '../protocol/generated/error-codes.ts'
import type { Context } from './services.ts'

/** Where an epoch ended, so that a consumer finds out whether what it has read was cut off (KIP-320). */
export function handleOffsetForLeaderEpoch(
  { topics }: RequestOf<'OffsetForLeaderEpoch'>,
  { services }: Context,
): ResponseInputOf<'OffsetForLeaderEpoch'> {
  return {
    throttleTimeMs: 0,
    topics: topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map(({ partition, currentLeaderEpoch, leaderEpoch: asked }) => {
        try {
          const leader = services.partitions.leaderOf({ topicId: zeroUuid, name: topic }, partition)
          leader.checkLeaderEpoch(currentLeaderEpoch)
          const { epoch: leaderEpoch, endOffset } = leader.endOffsetFor(asked)
          return { errorCode: errorCodes.NONE, partition, leaderEpoch, endOffset }
        } catch (error) {
          return { errorCode: errorOf(error).errorCode, partition }
        }
      }),
    })),
  }
}
