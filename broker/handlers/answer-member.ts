import type { Decision } from '../coordinator/decision.ts'
import type { ErrorName } from '../coordinator/group/answers.ts'
import type { Client, GroupMembership } from '../coordinator/membership.ts'
import { KafkaError } from '../protocol/errors.ts'
import type { Context } from './services.ts'

export type MemberAnswer<T> = {
  readonly decide: (membership: GroupMembership, client: Client) => Decision<T>
  /** What is answered where the group does not: it has no name, or is not here. */
  readonly refused: (error: ErrorName) => T
}

/** Has a group answer one of its members. */
export async function answerMember<T>(
  { groupId }: { readonly groupId: string },
  context: Context,
  { decide, refused }: MemberAnswer<T>,
): Promise<T> {
  if (groupId === '') return refused('INVALID_GROUP_ID')
  try {
    return await context.services.groups.run(groupId, ({ membership }) => {
      return decide(membership, clientOf(context))
    })
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error
    return refused(error.code)
  }
}

/** Who sent a request, as its group shows it. */
function clientOf({ clientId, clientAddress, version }: Context): Client {
  return { clientId: clientId ?? '', clientHost: `/${clientAddress}`, version }
}
