import type { RequestOf, ResponseInputOf } from '../protocol/apis.ts'
import { errorCodes } from '../protocol/generated/error-codes.ts'
import type { Context } from './services.ts'

/** There are no coordinators yet: clients ask again later. */
export function handleFindCoordinator(
  { coordinatorKeys }: RequestOf<'FindCoordinator'>,
  { version }: Context,
): ResponseInputOf<'FindCoordinator'> {
  const errorMessage = 'this broker has no coordinators yet'
  const nowhere = { nodeId: -1, host: '', port: -1 }
  const refused = { ...nowhere, errorCode: errorCodes.COORDINATOR_NOT_AVAILABLE, errorMessage }
  if (version < 4) return { throttleTimeMs: 0, ...refused }
  return { throttleTimeMs: 0, coordinators: coordinatorKeys.map((key) => ({ key, ...refused })) }
}
