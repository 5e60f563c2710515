import { syncResponse } from '../coordinator/group/answers.ts'
import type { RequestOf, ResponseInputOf } from '../protocol/apis.ts'
import { answerMember } from './answer-member.ts'
import type { Context } from './services.ts'

/** Gives a member what the leader of its group assigned to it, once the leader has. */
export function handleSyncGroup(
  request: RequestOf<'SyncGroup'>,
  context: Context,
): Promise<ResponseInputOf<'SyncGroup'>> {
  return answerMember(request, context, {
    decide: (membership, client) => membership.sync(request, client),
    refused: (error) => syncResponse({ error }),
  })
}
