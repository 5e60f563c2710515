import type { RequestInputOf, RequestOf, ResponseInputOf } from '../protocol/apis.ts'
import { errorOf } from './error-of.ts'
import type { Context, Handler } from './services.ts'

type ForwardedApi =
  | 'CreateTopics'
  | 'DeleteTopics'
  | 'CreatePartitions'
  | 'AlterConfigs'
  | 'IncrementalAlterConfigs'
type Failed = ReturnType<typeof errorOf>

/**
 * Lets the controller answer. When the client hears of it, this broker knows what changed: a topic
 * that was just made can be produced to here.
 */
export function handleForwarded<N extends ForwardedApi>(name: N): Handler<N> {
  return async (request: RequestOf<N>, { services, version }: Context) => {
    const { controller } = services
    try {
      const response = await controller.forward(
        name,
        version,
        request as unknown as RequestInputOf<N>,
      )
      const { timeoutMs = mostWaitMs } = request as { readonly timeoutMs?: number }
      await controller.caughtUp(Math.min(Math.max(timeoutMs, 0), mostWaitMs))
      return response as unknown as ResponseInputOf<N>
    } catch (error) {
      return refusals[name](request, errorOf(error))
    }
  }
}

/** A broker that is further behind has other troubles. */
const mostWaitMs = 5_000

/** The answer where the controller gave none. */
const refusals: {
  [N in ForwardedApi]: (request: RequestOf<N>, failed: Failed) => ResponseInputOf<N>
} = {
  CreateTopics: ({ topics }, failed) => ({
    throttleTimeMs: 0,
    topics: topics.map(({ name }) => ({ name, ...failed })),
  }),
  DeleteTopics: ({ topics, topicNames }, failed) => ({
    throttleTimeMs: 0,
    responses: [
      ...topics.map(({ name, topicId }) => ({ name, topicId, ...failed })),
      ...topicNames.map((name) => ({ name, ...failed })),
    ],
  }),
  CreatePartitions: ({ topics }, failed) => ({
    throttleTimeMs: 0,
    results: topics.map(({ name }) => ({ name, ...failed })),
  }),
  AlterConfigs: refusedResources,
  IncrementalAlterConfigs: refusedResources,
}

type Resource = { readonly resourceType: number; readonly resourceName: string }

function refusedResources({ resources }: { resources: readonly Resource[] }, failed: Failed) {
  const responses = resources.map(({ resourceType, resourceName }) => {
    return { resourceType, resourceName, ...failed }
  })
  return { throttleTimeMs: 0, responses }
}
