import type { OwnRequestOf, RequestOf, ResponseInputOf } from '../protocol/apis.ts'
import { brokerValue } from '../protocol/config/broker-value.ts'
import { errorOf } from '../protocol/error-of.ts'
import { errorCodes } from '../protocol/generated/error-codes.ts'
import { type FetchRead, readAll } from './fetch-read.ts'
import type { SessionFetch } from './fetch-sessions.ts'
import { moreToRead } from './fetch-wait.ts'
import type { Context } from './services.ts'

/**
 * Answers a follower on the internal listener: nobody else may say what a replica has. And answers
 * a consumer with what there is, or once there is enough, or after the time it gives; or with where
 * it reads from nearer by. In a session it says, and hears, only what has changed.
 */
export async function handleFetch(
  request: RequestOf<'Fetch'>,
  context: Context,
): Promise<ResponseInputOf<'Fetch'>> {
  const { services, version } = context
  const replicaId = version >= 15 ? request.replicaState.replicaId : request.replicaId
  const isFollower = context.listener === 'internal'
  if (replicaId >= 0 !== isFollower) return refused('CLUSTER_AUTHORIZATION_FAILED', request)
  if (isFollower) {
    const own = request as OwnRequestOf<'Fetch'> // as it is read there
    return services.replicaSessions.fetch(own, context.onClosed)
  }
  let session: SessionFetch
  try {
    session = context.fetchSessions.begin(request, version)
  } catch (error) {
    return { throttleTimeMs: 0, errorCode: errorOf(error).errorCode, responses: [] }
  }
  const { id: sessionId, topics } = session
  const maxBytes = Math.min(request.maxBytes, brokerValue('fetch.max.bytes', services.entries))
  const wanted = { ...request, topics, maxBytes }
  let result = readAll(wanted, context)
  const deadlineMs = services.clock.monotonicMs() + request.maxWaitMs
  for (;;) {
    const waitMs = deadlineMs - services.clock.monotonicMs()
    const isDue = waitMs <= 0 || services.partitions.isDraining
    if (isDue || isEnough(result, request)) break
    const changed = await moreToRead(result.partitions, waitMs, context)
    if (changed === 'closed') break
    const before = changed === 'due' ? undefined : { answers: result.answers, changed }
    result = readAll(wanted, context, before)
  }
  const { response, answers } = result
  for (const { partition, sizeBytes } of answers.values()) partition.traffic.fetched(sizeBytes)
  return { ...response, sessionId, responses: session.news(response.responses) }
}

function isEnough(
  { sizeBytes, hasNews, partitions }: FetchRead,
  { minBytes }: RequestOf<'Fetch'>,
): boolean {
  return hasNews || sizeBytes >= minBytes || partitions.size === 0
}

function refused(
  code: keyof typeof errorCodes,
  { topics }: RequestOf<'Fetch'>,
): ResponseInputOf<'Fetch'> {
  const errorCode = errorCodes[code]
  return {
    throttleTimeMs: 0,
    errorCode,
    responses: topics.map(({ topic, topicId, partitions }) => ({
      topic,
      topicId,
      partitions: partitions.map(({ partition: partitionIndex }) => {
        return {
          partitionIndex,
          errorCode,
          highWatermark: -1,
          abortedTransactions: null,
          records: null,
        }
      }),
    })),
  }
}

/** `fetch.max.bytes` of the broker */
