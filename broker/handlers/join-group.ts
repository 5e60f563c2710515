import { joinResponse } from '../coordinator/group/answers.ts'
import type { RequestOf, ResponseInputOf } from '../protocol/apis.ts'
import { answerMember } from './answer-member.ts'
import type { Context } from './services.ts'

/** Takes a member into a group. It is answered once the members of the next generation are known. */
export function handleJoinGroup(
  request: RequestOf<'JoinGroup'>,
  context: Context,
): Promise<ResponseInputOf<'JoinGroup'>> {
  return answerMember(request, context, {
    decide: (membership, client) => membership.join(request, client),
    refused: (error) => {
      const memberId = error === 'INVALID_GROUP_ID' ? request.memberId : '' // as Kafka has it
      return joinResponse(context.version, { error, memberId })
    },
  })
}
