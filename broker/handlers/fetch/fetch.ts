import type { RequestOf, ResponseInputOf } from '../../protocol/apis.ts'
import { errorCodes } from '../../protocol/generated/error-codes.ts'
import { brokerSetting } from '../broker-setting.ts'
import { isolationOf } from '../isolation.ts'
import type { HandlerServices, RequestContext } from '../services.ts'
import { openFetch } from './fetch-context.ts'
import { type FetchResult, readAll, readOne } from './fetch-read.ts'
import { fetchResponse } from './fetch-response.ts'
import { FetchWait, isNews } from './fetch-wait.ts'
import { type Wanted, wantedOf } from './wanted.ts'

type Request = RequestOf<'Fetch'>
type Response = ResponseInputOf<'Fetch'>

/**
 * Answers with what there is, or waits until there is enough (`minBytes`) or too much time has passed
 * (`maxWaitMs`). Batches are sent from where they are: the buffers of the tail, or files.
 */
export function handleFetch(
  request: Request,
  services: HandlerServices,
  context: RequestContext,
): Response | Promise<Response> {
  const { version } = context
  const { partitions, clock, fetchSessions, image } = services
  if (replicaIdOf(request, version) >= 0) return refuseFollower(request, services, context)
  const about = { version, nowMs: clock.monotonicMs(), isPrivileged: false }
  const opened = openFetch(request, fetchSessions, about)
  if ('errorCode' in opened) {
    return { throttleTimeMs: 0, errorCode: opened.errorCode, sessionId: 0, responses: [] }
  }
  const maxBytes = Math.min(request.maxBytes, brokerSetting(services.config, 'fetch.max.bytes'))
  const options = { partitions, isolation: isolationOf(request.isolationLevel), maxBytes }
  const read = () => readAll(opened.wanted, options)
  const respond = (results: readonly FetchResult[]) =>
    fetchResponse(opened.answer(results), image(), context)

  const { minBytes, maxWaitMs } = request
  const results = read()
  if (maxWaitMs <= 0 || isEnough(results, minBytes)) return respond(results)
  return new Promise((resolve, reject) => {
    const wait = new FetchWait(results, {
      clock,
      maxWaitMs,
      minBytes,
      read: (wanted: Wanted) => readOne(wanted, { ...options, atLeastOne: true }),
      done: () => resolve(respond(read())),
      failed: reject,
    })
    context.onAbandoned(() => wait.cancel())
  })
}

function isEnough(results: readonly FetchResult[], minBytes: number): boolean {
  if (results.length === 0 || results.some(isNews)) return true
  return results.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) >= minBytes
}

function replicaIdOf({ replicaId, replicaState }: Request, version: number): number {
  return version >= 15 ? replicaState.replicaId : replicaId
}

/**
 * A follower moves the high watermark, so that only brokers that have shown the cluster's secret may
 * be one. There are none yet, since all partitions have one replica.
 */
function refuseFollower(
  request: Request,
  { image }: HandlerServices,
  context: RequestContext,
): Response {
  const errorCode =
    context.listener === 'client'
      ? errorCodes.TOPIC_AUTHORIZATION_FAILED // as Kafka answers one who is no broker
      : errorCodes.NOT_LEADER_OR_FOLLOWER // as one who is no replica
  const results = wantedOf(request, context.version).map((wanted): FetchResult => {
    return { ...refused, wanted, errorCode }
  })
  return fetchResponse({ errorCode: errorCodes.NONE, sessionId: 0, results }, image(), context)
}

const refused = {
  source: undefined,
  highWatermark: -1,
  lastStableOffset: -1,
  logStartOffset: -1,
  divergingEpoch: undefined,
  aborted: null,
  parts: [],
  sizeBytes: 0,
}
