import type { ErrorName } from './answers.ts'
import type { Group } from './group.ts'
import {
  type Joined,
  type Joining,
  reasonOf,
  rebalanceTimeoutOf,
  update,
  waitToJoin,
} from './joining.ts'
import { copied, isSameProtocols, type Member, noAssignment } from './member.ts'
import { newMemberId } from './member-id.ts'
import { rebalance } from './rebalance.ts'
import type { GroupServices } from './services.ts'
import { keepAlive, keepPending } from './sessions.ts'
import { joinAgainAsStatic } from './static-member.ts'

/**
 * Answers once all members have joined, or their time is over; at once, where nothing changes or the
 * member is refused.
 */
export function joinGroup(group: Group, joining: Joining, services: GroupServices): Joined {
  const { memberId } = joining.request
  if (!hasRoomFor(group, memberId, services)) {
    group.remove(memberId)
    return refused('GROUP_MAX_SIZE_REACHED', '')
  }
  return memberId === ''
    ? joinAsNew(group, joining, services)
    : joinAsKnown(group, joining, services)
}

/**
 * While members join, those who have joined count, so that a group that is too large after a change
 * of its limit loses those who come last.
 */
function hasRoomFor(group: Group, memberId: string, { settings }: GroupServices): boolean {
  switch (group.state) {
    case 'Empty':
      return true
    case 'PreparingRebalance':
      return group.joins.has(memberId) || group.joins.size < settings.maxSize
    case 'CompletingRebalance':
    case 'Stable':
      return group.members.has(memberId) || group.members.size < settings.maxSize
  }
}

function joinAsNew(group: Group, joining: Joining, services: GroupServices): Joined {
  const { request, version, clientId } = joining
  const { protocolType, protocols, groupInstanceId, sessionTimeoutMs } = request
  if (!group.takes(protocolType, protocols)) return refused('INCONSISTENT_GROUP_PROTOCOL', '')
  const memberId = newMemberId(groupInstanceId ?? clientId, services.random)
  const old = groupInstanceId === null ? undefined : group.statics.get(groupInstanceId)
  if (old !== undefined) {
    const member = group.members.get(old) as Member
    return joinAgainAsStatic(group, joining, { old: member, memberId }, services)
  }
  if (groupInstanceId === null && version >= firstWithPending) {
    // It joins with that id then: a client that gives up and joins anew leaves no member behind.
    keepPending(group, memberId, services, sessionTimeoutMs)
    return refused('MEMBER_ID_REQUIRED', memberId)
  }
  return addMember(group, joining, memberId, services)
}

function joinAsKnown(group: Group, joining: Joining, services: GroupServices): Joined {
  const { memberId, groupInstanceId, protocolType, protocols } = joining.request
  if (!group.takes(protocolType, protocols)) return refused('INCONSISTENT_GROUP_PROTOCOL', memberId)
  if (group.pending.has(memberId)) {
    // No static member was ever told to come back with an id.
    if (groupInstanceId !== null) return refused('UNKNOWN_SERVER_ERROR', '')
    return addMember(group, joining, memberId, services)
  }
  const refusal = group.refusal({ memberId, groupInstanceId })
  if (refusal !== undefined) return refused(refusal, memberId)
  const member = group.members.get(memberId) as Member
  const isSame = isSameProtocols(member.protocols, protocols)
  switch (group.state) {
    case 'PreparingRebalance':
      return joinAgain(group, joining, member, services)
    case 'CompletingRebalance':
      // It may not have got the answer to its JoinGroup.
      if (isSame) return { records: [], response: group.joinAnswer(memberId) }
      return joinAgain(group, joining, member, services)
    case 'Stable':
      // A leader joins when what it shares out has changed, as the partitions of a topic do.
      if (group.leader === memberId || !isSame) return joinAgain(group, joining, member, services)
      return { records: [], response: group.joinAnswer(memberId) }
    case 'Empty':
      return refused('UNKNOWN_MEMBER_ID', memberId)
  }
}

function addMember(
  group: Group,
  joining: Joining,
  memberId: string,
  services: GroupServices,
): Joined {
  const { request, clientId, clientHost } = joining
  const { groupInstanceId, protocolType, sessionTimeoutMs } = request
  const member: Member = {
    memberId,
    groupInstanceId,
    clientId,
    clientHost,
    rebalanceTimeoutMs: rebalanceTimeoutOf(joining),
    sessionTimeoutMs,
    protocols: copied(request.protocols),
    assignment: noAssignment,
    isNew: true,
    expiresAtMs: Number.POSITIVE_INFINITY,
  }
  if (group.isInitialRebalance) group.hasNewcomers = true
  group.add(member, protocolType)
  const response = waitToJoin(group, memberId)
  // While it waits nobody can tell whether it is there: it is given up after a while, and comes again.
  keepAlive(group, member, services, newMemberTimeoutMs)
  const step = rebalance(group, services, `${memberId} joins; ${reasonOf(request)}`)
  return { ...step, response }
}

function joinAgain(
  group: Group,
  joining: Joining,
  member: Member,
  services: GroupServices,
): Joined {
  update(member, joining)
  const response = waitToJoin(group, member.memberId)
  const reason = `${member.memberId} joins again; ${reasonOf(joining.request)}`
  return { ...rebalance(group, services, reason), response }
}

function refused(error: ErrorName, memberId: string): Joined {
  return { records: [], response: { error, memberId } }
}

/** KIP-394. */
const firstWithPending = 4
/** As in Kafka, where no setting of the documentation changes it. */
const newMemberTimeoutMs = 5 * 60 * 1_000
