import type { MetadataImage } from '../../metadata/image.ts'
import type { ResponseInputOf } from '../../protocol/apis.ts'
import { zeroUuid } from '../../protocol/codec/uuid.ts'
import { errorCodes } from '../../protocol/generated/error-codes.ts'
import { LeaderHints } from '../broker-nodes.ts'
import { topicOf } from '../find-topic.ts'
import type { RequestContext } from '../services.ts'
import type { FetchAnswer } from './fetch-context.ts'
import type { FetchResult } from './fetch-read.ts'
import { textOf } from './wanted.ts'

type Response = ResponseInputOf<'Fetch'>
type TopicResponse = Response['responses'][number]
type PartitionResponse = TopicResponse['partitions'][number]

/** From this version on a client is told who leads (KIP-951). */
const firstVersionWithLeader = 16

/** Shapes the answer. Partitions of one topic that follow each other are put together. */
export function fetchResponse(
  { errorCode, sessionId, results }: FetchAnswer<FetchResult>,
  image: MetadataImage,
  { version, listener }: Pick<RequestContext, 'version' | 'listener'>,
): Response {
  const hints = version >= firstVersionWithLeader ? new LeaderHints(image, listener) : undefined
  const responses: { topic: string; topicId: string; partitions: PartitionResponse[] }[] = []
  let before: string | undefined
  for (const result of results) {
    const { key } = result.wanted
    if (textOf(key) !== before) {
      const names = 'id' in key ? { topic: '', topicId: key.id } : { topic: key.name }
      responses.push({ topicId: zeroUuid, ...names, partitions: [] })
      before = textOf(key)
    }
    responses.at(-1)?.partitions.push(partitionResponse(result, image, hints))
  }
  const nodeEndpoints = hints?.endpoints() ?? []
  return {
    throttleTimeMs: 0,
    errorCode,
    sessionId,
    responses,
    ...(nodeEndpoints.length > 0 ? { nodeEndpoints } : {}),
  }
}

function partitionResponse(
  result: FetchResult,
  image: MetadataImage,
  hints: LeaderHints | undefined,
): PartitionResponse {
  const { wanted, errorCode, divergingEpoch } = result
  const isElsewhere =
    errorCode === errorCodes.NOT_LEADER_OR_FOLLOWER || errorCode === errorCodes.FENCED_LEADER_EPOCH
  return {
    partitionIndex: wanted.partition,
    errorCode,
    highWatermark: result.highWatermark,
    lastStableOffset: result.lastStableOffset,
    logStartOffset: result.logStartOffset,
    abortedTransactions: result.aborted,
    records: result.parts,
    ...(divergingEpoch === undefined ? {} : { divergingEpoch }),
    ...(isElsewhere && hints !== undefined
      ? { currentLeader: hints.leaderOf(topicOf(image, wanted.key), wanted.partition) }
      : {}),
  }
}
