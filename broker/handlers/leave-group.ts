import type { RequestOf, ResponseInputOf } from '../protocol/apis.ts'
import { errorCodes } from '../protocol/generated/error-codes.ts'
import { answerMember } from './answer-member.ts'
import type { Context } from './services.ts'

/** Members leave a group: the one that asks, or from version 3 on any that an administrator names. */
export function handleLeaveGroup(
  request: RequestOf<'LeaveGroup'>,
  context: Context,
): Promise<ResponseInputOf<'LeaveGroup'>> {
  return answerMember(request, context, {
    decide: (membership, client) => membership.leave(request, client),
    refused: (error) => ({ errorCode: errorCodes[error], members: [] }),
  })
}
