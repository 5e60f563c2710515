import type { RequestOf, ResponseInputOf } from '../protocol/apis.ts'
import { errorCodes } from '../protocol/generated/error-codes.ts'
import { clientOf } from './client-of.ts'
import { errorOf } from './error-of.ts'
import type { Context } from './services.ts'

/** Gives a member what the leader of its group assigned to it, once the leader has. */
export async function handleSyncGroup(
  request: RequestOf<'SyncGroup'>,
  context: Context,
): Promise<ResponseInputOf<'SyncGroup'>> {
  const { groupId } = request
  if (groupId === '') return refused(errorCodes.INVALID_GROUP_ID)
  try {
    return await context.services.groups.run(groupId, ({ membership }) => {
      return membership.sync(request, clientOf(context))
    })
  } catch (error) {
    return refused(errorOf(error).errorCode)
  }
}

function refused(errorCode: number): ResponseInputOf<'SyncGroup'> {
  return { throttleTimeMs: 0, errorCode, assignment: new Uint8Array(0) }
}
