import type { RequestOf } from '../../protocol/apis.ts'
import type { Decision } from '../decision.ts'
import type { ErrorName, SyncAnswer } from './answers.ts'
import type { Group } from './group.ts'
import { recordOf } from './group-record.ts'
import { type Member, noAssignment } from './member.ts'
import { rebalance, refuseSyncs } from './rebalance.ts'
import type { GroupServices } from './services.ts'
import { keepAlive } from './sessions.ts'
import { nothing, type Step } from './step.ts'

type Synced = Decision<SyncAnswer>

/**
 * Answers with the assignment of a member, once the leader has said who does what and that is in the
 * log.
 */
export function syncGroup(
  group: Group,
  request: RequestOf<'SyncGroup'>,
  services: GroupServices,
): Synced {
  const { memberId } = request
  const error = refusalOf(group, request)
  if (error !== undefined) return { records: [], response: { error } }
  group.unsynced.delete(memberId)
  if (group.unsynced.size === 0) group.syncDueMs = Number.POSITIVE_INFINITY
  if (group.state === 'Stable') return { records: [], response: assignmentOf(group, memberId) }

  const { promise: response, resolve } = Promise.withResolvers<SyncAnswer>()
  group.syncs.add(memberId, resolve)
  const step = group.leader === memberId ? assign(group, request, services) : nothing
  return { ...step, response }
}

function refusalOf(group: Group, request: RequestOf<'SyncGroup'>): ErrorName | undefined {
  if (group.state === 'Empty') return 'UNKNOWN_MEMBER_ID'
  const refusal = group.refusal(request)
  if (refusal !== undefined) return refusal
  const { generationId, protocolType, protocolName } = request
  if (generationId !== group.generation) return 'ILLEGAL_GENERATION'
  if (isOther(protocolType, group.protocolType) || isOther(protocolName, group.protocol)) {
    return 'INCONSISTENT_GROUP_PROTOCOL'
  }
  return group.state === 'PreparingRebalance' ? 'REBALANCE_IN_PROGRESS' : undefined
}

/** Who does not say it, as before version 5, is not asked. */
function isOther(said: string | null, own: string | null): boolean {
  return said !== null && own !== null && said !== own
}

function assign(group: Group, request: RequestOf<'SyncGroup'>, services: GroupServices): Step {
  const { leader } = group
  const assignments = new Map<string, Uint8Array>()
  for (const memberId of group.members.keys()) assignments.set(memberId, noAssignment)
  for (const { memberId, assignment } of request.assignments) {
    if (assignments.has(memberId)) assignments.set(memberId, new Uint8Array(assignment))
  }
  group.whenWritten = () => giveOut(group, assignments, services)
  return {
    records: [recordOf(group, assignments)],
    failed: ({ code }) => {
      refuseSyncs(group, services, code)
      rebalance(group, services, `the assignment by ${leader} was not written: ${code}`)
    },
  }
}

function giveOut(
  group: Group,
  assignments: ReadonlyMap<string, Uint8Array>,
  services: GroupServices,
): void {
  for (const member of group.members.values()) {
    const { memberId } = member
    member.assignment = assignments.get(memberId) ?? noAssignment
    // Its session could not end while it waited.
    if (group.syncs.answer(memberId, assignmentOf(group, memberId))) {
      keepAlive(group, member, services)
    }
  }
  group.moveTo('Stable', services.clock.nowMs())
}

function assignmentOf({ protocolType, protocol, members }: Group, memberId: string): SyncAnswer {
  const { assignment } = members.get(memberId) as Member
  return { protocolType, protocol, assignment }
}
