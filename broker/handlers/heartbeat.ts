import type { RequestOf, ResponseInputOf } from '../protocol/apis.ts'
import { errorCodes } from '../protocol/generated/error-codes.ts'
import { clientOf } from './client-of.ts'
import { errorOf } from './error-of.ts'
import type { Context } from './services.ts'

/** A member is there, and hears whether its group rebalances. */
export async function handleHeartbeat(
  request: RequestOf<'Heartbeat'>,
  context: Context,
): Promise<ResponseInputOf<'Heartbeat'>> {
  const { groupId } = request
  if (groupId === '') return answered(errorCodes.INVALID_GROUP_ID)
  try {
    return await context.services.groups.run(groupId, ({ membership }) => {
      return membership.heartbeat(request, clientOf(context))
    })
  } catch (error) {
    const { errorCode } = errorOf(error)
    // Its session begins anew once the group is loaded: there is nothing it could do until then.
    const isLoading = errorCode === errorCodes.COORDINATOR_LOAD_IN_PROGRESS
    return answered(isLoading ? errorCodes.NONE : errorCode)
  }
}

function answered(errorCode: number): ResponseInputOf<'Heartbeat'> {
  return { throttleTimeMs: 0, errorCode }
}
