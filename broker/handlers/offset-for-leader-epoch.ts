import type { RequestOf, ResponseInputOf } from '../protocol/apis.ts'
import { errorCodes } from '../protocol/generated/error-codes.ts'
import { errorOf } from './error-of.ts'
import type { HandlerServices } from './services.ts'

/** Where leader epochs end, by which consumers find out whether what they read is still there. */
export function handleOffsetForLeaderEpoch(
  request: RequestOf<'OffsetForLeaderEpoch'>,
  { partitions: all }: HandlerServices,
): ResponseInputOf<'OffsetForLeaderEpoch'> {
  const topics = request.topics.map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map(({ partition, currentLeaderEpoch, leaderEpoch: wanted }) => {
      try {
        const leader = all.leaderOf({ name: topic }, partition, { currentLeaderEpoch })
        const { epoch: leaderEpoch, endOffset } = leader.endOffsetForEpoch(wanted)
        return { partition, errorCode: errorCodes.NONE, leaderEpoch, endOffset }
      } catch (error) {
        return { partition, errorCode: errorOf(error).errorCode }
      }
    }),
  }))
  return { throttleTimeMs: 0, topics }
}
