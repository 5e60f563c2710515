import type { RequestOf, ResponseInputOf } from '../protocol/apis.ts'
import { errorCodes } from '../protocol/generated/error-codes.ts'
import type { RequestContext } from './services.ts'

/**
 * There are no coordinators yet, and clients hear so. It is served all the same: librdkafka up to 2.8
 * sends no lz4 to a broker that does not speak version 0 of it.
 */
export function handleFindCoordinator(
  { key, coordinatorKeys }: RequestOf<'FindCoordinator'>,
  _: unknown,
  { version }: Pick<RequestContext, 'version'>,
): ResponseInputOf<'FindCoordinator'> {
  const errorCode = errorCodes.COORDINATOR_NOT_AVAILABLE
  const none = { nodeId: -1, host: '', port: -1, errorCode, errorMessage: 'no coordinators yet' }
  if (version >= 4) return { coordinators: coordinatorKeys.map((own) => ({ key: own, ...none })) }
  void key // one coordinator is asked for by its name, and is not there whatever it is
  return none
}
