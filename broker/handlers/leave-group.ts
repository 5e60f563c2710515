import type { RequestOf, ResponseInputOf } from '../protocol/apis.ts'
import { errorCodes } from '../protocol/generated/error-codes.ts'
import { clientOf } from './client-of.ts'
import { errorOf } from './error-of.ts'
import type { Context } from './services.ts'

/** Members leave a group: the one that asks, or from version 3 on any that an administrator names. */
export async function handleLeaveGroup(
  request: RequestOf<'LeaveGroup'>,
  context: Context,
): Promise<ResponseInputOf<'LeaveGroup'>> {
  const { groupId } = request
  if (groupId === '') return refused(errorCodes.INVALID_GROUP_ID)
  try {
    return await context.services.groups.run(groupId, ({ membership }) => {
      return membership.leave(request, clientOf(context))
    })
  } catch (error) {
    return refused(errorOf(error).errorCode)
  }
}

function refused(errorCode: number): ResponseInputOf<'LeaveGroup'> {
  return { throttleTimeMs: 0, errorCode, members: [] }
}
