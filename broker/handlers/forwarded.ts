import type { RequestInputOf, RequestOf, ResponseInputOf } from '../protocol/apis.ts'
import { errorOf } from '../protocol/error-of.ts'
import { type AdminApi, refused } from '../protocol/refused.ts'
import type { Context, Handler } from './services.ts'

/**
 * Lets the controller answer. When the client hears of it, this broker knows what changed: a topic
 * that was just made can be produced to here.
 */
export function handleForwarded<N extends AdminApi>(name: N): Handler<N> {
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
      return refused[name](request, errorOf(error), version)
    }
  }
}

/** A broker that is further behind has other troubles. */
const mostWaitMs = 5_000
