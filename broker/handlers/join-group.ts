import type { RequestOf, ResponseInputOf } from '../protocol/apis.ts'
import { errorCodes } from '../protocol/generated/error-codes.ts'
import { clientOf } from './client-of.ts'
import { errorOf } from './error-of.ts'
import type { Context } from './services.ts'

/** Takes a member into a group. It is answered once the members of the next generation are known. */
export async function handleJoinGroup(
  request: RequestOf<'JoinGroup'>,
  context: Context,
): Promise<ResponseInputOf<'JoinGroup'>> {
  const { groupId, memberId } = request
  const { version } = context
  if (groupId === '') return refused(version, errorCodes.INVALID_GROUP_ID, memberId)
  try {
    return await context.services.groups.run(groupId, ({ membership }) => {
      return membership.join(request, clientOf(context))
    })
  } catch (error) {
    return refused(version, errorOf(error).errorCode, '') // as Kafka has it
  }
}

function refused(
  version: number,
  errorCode: number,
  memberId: string,
): ResponseInputOf<'JoinGroup'> {
  const protocolName = version < 7 ? '' : null // before that it cannot be null
  return { throttleTimeMs: 0, errorCode, protocolName, leader: '', memberId, members: [] }
}
