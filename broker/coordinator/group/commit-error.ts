import type { CommittingMember } from '../membership.ts'
import type { ErrorName } from './answers.ts'
import type { Group } from './group.ts'

/** Why offsets may not be committed for a group by who says so. */
export function commitError(
  group: Group | undefined,
  committer: CommittingMember,
): ErrorName | undefined {
  const { memberId, groupInstanceId, generationId } = committer
  const isEmpty = group === undefined || group.state === 'Empty'
  if (isEmpty && generationId < 0) return undefined
  if (group === undefined) return 'ILLEGAL_GENERATION'
  if (generationId < 0 && memberId === '' && groupInstanceId === null) return 'UNKNOWN_MEMBER_ID'
  const error = group.refusal(committer)
  if (error !== undefined) return error
  if (generationId !== group.generation) return 'ILLEGAL_GENERATION'
  // It knows its generation already, but not what it is to do in it.
  return group.state === 'CompletingRebalance' ? 'REBALANCE_IN_PROGRESS' : undefined
}
