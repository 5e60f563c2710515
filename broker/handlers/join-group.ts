import type { RequestOf, ResponseInputOf } from '../protocol/apis.ts'
import { errorCodes } from '../protocol/generated/error-codes.ts'
import { answerMember } from './answer-member.ts'
import type { Context } from './services.ts'

/** Takes a member into a group. It is answered once the members of the next generation are known. */
export function handleJoinGroup(
  request: RequestOf<'JoinGroup'>,
  context: Context,
): Promise<ResponseInputOf<'JoinGroup'>> {
  return answerMember(request, context, {
    decide: (membership, client) => membership.join(request, client),
    refused: (errorCode) => ({
      throttleTimeMs: 0,
      errorCode,
      protocolName: context.version < 7 ? '' : null, // before that it cannot be null
      leader: '',
      // As Kafka has it.
      memberId: errorCode === errorCodes.INVALID_GROUP_ID ? request.memberId : '',
      members: [],
    }),
  })
}
