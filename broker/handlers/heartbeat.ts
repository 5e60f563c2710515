import type { RequestOf, ResponseInputOf } from '../protocol/apis.ts'
import { errorCodes } from '../protocol/generated/error-codes.ts'
import { answerMember } from './answer-member.ts'
import type { Context } from './services.ts'

/** A member is there, and hears whether its group rebalances. */
export function handleHeartbeat(
  request: RequestOf<'Heartbeat'>,
  context: Context,
): Promise<ResponseInputOf<'Heartbeat'>> {
  return answerMember(request, context, {
    decide: (membership, client) => membership.heartbeat(request, client),
    // Its session begins anew once the group is loaded: there is nothing it could do until then.
    refused: (error) => ({
      errorCode: errorCodes[error === 'COORDINATOR_LOAD_IN_PROGRESS' ? 'NONE' : error],
    }),
  })
}
