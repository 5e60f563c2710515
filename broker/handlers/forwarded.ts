import type { RequestOf, ResponseInputOf } from '../protocol/apis.ts'
import { errorOf } from './error-of.ts'
import type { HandlerServices, RequestContext } from './services.ts'

/**
 * Admin requests that the controller decides. This broker answers once it acts on what was decided,
 * so that whoever made a topic finds it here.
 */
type Forwarded = 'CreateTopics' | 'DeleteTopics' | 'CreatePartitions'

type Own<N extends Forwarded> = {
  readonly name: N
  /** What is answered where the controller did not. */
  readonly failed: (
    request: RequestOf<N>,
    error: { errorCode: number; errorMessage: string },
  ) => ResponseInputOf<N>
}

/** The most that an answer is held back for this broker to catch up. */
const mostMs = 5_000

function forwarded<N extends Forwarded>({ name, failed }: Own<N>) {
  return async (
    request: RequestOf<N>,
    { controller }: HandlerServices,
    { version }: RequestContext,
  ): Promise<ResponseInputOf<N>> => {
    try {
      const response = await controller.forward(name, version, request as never)
      const { timeoutMs } = request as { timeoutMs: number }
      await controller.caughtUp(Math.min(Math.max(0, timeoutMs), mostMs))
      return response as unknown as ResponseInputOf<N> // what is read can be written
    } catch (error) {
      return failed(request, errorOf(error))
    }
  }
}

export const handleCreateTopics = forwarded({
  name: 'CreateTopics',
  failed: ({ topics }, error) => ({
    throttleTimeMs: 0,
    topics: topics.map(({ name }) => ({ name, ...error })),
  }),
})

export const handleDeleteTopics = forwarded({
  name: 'DeleteTopics',
  failed({ topics, topicNames }, error) {
    const all = [...topics, ...topicNames.map((name) => ({ name, topicId: undefined }))]
    const responses = all.map(({ name, topicId }) => ({ name, topicId, ...error }))
    return { throttleTimeMs: 0, responses }
  },
})

export const handleCreatePartitions = forwarded({
  name: 'CreatePartitions',
  failed: ({ topics }, error) => ({
    throttleTimeMs: 0,
    results: topics.map(({ name }) => ({ name, ...error })),
  }),
})
