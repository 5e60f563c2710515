import { quoted } from '../../../lib/wording.ts'
import type { RequestOf, ResponseInputOf } from '../../protocol/apis.ts'
import { errorCodes } from '../../protocol/generated/error-codes.ts'
import type { Decision } from '../decision.ts'
import type { ErrorName } from './answers.ts'
import type { Group } from './group.ts'
import { rebalance } from './rebalance.ts'
import type { GroupServices } from './services.ts'
import { nothing } from './step.ts'

type Request = RequestOf<'LeaveGroup'>
type Response = ResponseInputOf<'LeaveGroup'>
type Leaving = Request['members'][number]

/** Takes out members who say so, or static ones whom an administrator names (KIP-345). */
export function leaveGroup(
  group: Group,
  { request, version }: { request: Request; version: number },
  services: GroupServices,
): Decision<Response> {
  const left: string[] = []
  const errors = leavingOf(request, version).map((member) => {
    const memberId = memberIdOf(group, member)
    if (typeof memberId !== 'string') return memberId.error
    group.remove(memberId)
    left.push(member.reason === null ? memberId : `${memberId} (${quoted(member.reason)})`)
    return 'NONE'
  })
  const isOver = left.length === 0 || group.state === 'Empty'
  const step = isOver ? nothing : rebalance(group, services, `left: ${left.join(', ')}`)
  return { ...step, response: leaveResponse({ request, version }, errors) }
}

/** No member of such a group is known. */
export function leaveOfUnknownGroup(request: Request, version: number): Decision<Response> {
  const errors = leavingOf(request, version).map((): ErrorName => 'UNKNOWN_MEMBER_ID')
  return { records: [], response: leaveResponse({ request, version }, errors) }
}

/** Before version 3 a request is of one member. */
function leavingOf({ memberId, members }: Request, version: number): readonly Leaving[] {
  return version < 3 ? [{ memberId, groupInstanceId: null, reason: null }] : members
}

function memberIdOf(group: Group, member: Leaving): string | { readonly error: ErrorName } {
  const { memberId, groupInstanceId } = member
  if (memberId === '') {
    const named = groupInstanceId === null ? undefined : group.statics.get(groupInstanceId)
    return named ?? { error: 'UNKNOWN_MEMBER_ID' }
  }
  if (group.pending.has(memberId)) return memberId
  const error = group.refusal(member)
  return error === undefined ? memberId : { error }
}

function leaveResponse(
  { request, version }: { request: Request; version: number },
  errors: readonly ErrorName[],
): Response {
  if (version < 3) return { errorCode: errorCodes[errors[0] ?? 'NONE'] }
  const members = request.members.map(({ memberId, groupInstanceId }, index) => ({
    memberId,
    groupInstanceId,
    errorCode: errorCodes[errors[index] ?? 'NONE'],
  }))
  return { errorCode: errorCodes.NONE, members }
}
