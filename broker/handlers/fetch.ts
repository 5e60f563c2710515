import type { RequestOf, ResponseInputOf } from '../protocol/apis.ts'
import { brokerConfig } from '../protocol/config/broker-config.ts'
import { parseSetting } from '../protocol/config/parse-setting.ts'
import { errorCodes } from '../protocol/generated/error-codes.ts'
import { type FetchRead, readAll } from './fetch-read.ts'
import { moreToRead } from './fetch-wait.ts'
import type { Context, Services } from './services.ts'

/**
 * Answers a consumer with what there is, or once there is enough, or after the time it gives. There
 * are no sessions yet: each request is a full one, and the answer says so.
 */
export async function handleFetch(
  request: RequestOf<'Fetch'>,
  context: Context,
): Promise<ResponseInputOf<'Fetch'>> {
  const { services, version } = context
  const replicaId = version >= 15 ? request.replicaState.replicaId : request.replicaId
  // Followers come through the internal listener, and there are none yet.
  if (replicaId >= 0) return refused('CLUSTER_AUTHORIZATION_FAILED', request)
  if (request.sessionId !== 0) return refused('FETCH_SESSION_ID_NOT_FOUND', request)
  const maxBytes = Math.min(request.maxBytes, mostBytes(services))
  const read = () => readAll({ ...request, maxBytes }, context)
  let result = read()
  const deadlineMs = services.clock.monotonicMs() + request.maxWaitMs
  for (;;) {
    const waitMs = deadlineMs - services.clock.monotonicMs()
    const isDue = waitMs <= 0 || services.partitions.isDraining
    if (isDue || isEnough(result, request)) return result.response
    if ((await moreToRead(result.partitions, waitMs, context)) === 'closed') return result.response
    result = read()
  }
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
function mostBytes({ entries }: Services): number {
  const setting = brokerConfig['fetch.max.bytes']
  const parsed = parseSetting(setting, entries.get('fetch.max.bytes') ?? setting.default)
  return 'value' in parsed ? parsed.value : Number(setting.default)
}
