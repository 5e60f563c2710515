import type { GroupMetadataValueInput } from '../../protocol/generated/group-records.ts'
import type { CoordinatorRecord } from '../records.ts'
import type { Group } from './group.ts'
import { type Member, metadataOf } from './member.ts'
import { subscribedTopicsOf } from './subscribed-topics.ts'

/**
 * A group as it is kept in the log.
 *
 * @param assignments By member id, where they are not those that the members have.
 */
export function recordOf(group: Group, assignments?: ReadonlyMap<string, Uint8Array>): GroupRecord {
  const { protocolType, protocol, generation, leader, sinceMs } = group
  const members = Array.from(group.members.values(), (member) => ({
    memberId: member.memberId,
    groupInstanceId: member.groupInstanceId,
    clientId: member.clientId,
    clientHost: member.clientHost,
    rebalanceTimeout: member.rebalanceTimeoutMs,
    sessionTimeout: member.sessionTimeoutMs,
    subscription: metadataOf(member, protocol ?? ''),
    assignment: assignments?.get(member.memberId) ?? member.assignment,
  }))
  const value: GroupMetadataValueInput = {
    protocolType: protocolType ?? '',
    generation,
    protocol,
    leader,
    currentStateTimestamp: sinceMs ?? -1,
    members,
  }
  return { type: 'GroupMetadata', group: group.id, value }
}

/** A group that somebody asked to join, and that nobody has joined yet. */
export function recordOfNew({ id, sinceMs }: Group): CoordinatorRecord {
  const nobody = { protocolType: '', generation: 0, protocol: null, leader: null, members: [] }
  const value = { ...nobody, currentStateTimestamp: sinceMs ?? -1 }
  return { type: 'GroupMetadata', group: id, value }
}

export function tombstoneOf(group: string): CoordinatorRecord {
  return { type: 'GroupMetadata', group, value: null }
}

/**
 * Fills a new group with what the log says of it. What of a member is not in there is learnt when it
 * joins again: of its protocols there is only the one that was chosen.
 */
export function restore(group: Group, value: GroupMetadataValueInput): void {
  const { protocolType, protocol, leader, generation } = value
  const members = value.members.map(
    (member): Member => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId ?? null,
      clientId: member.clientId,
      clientHost: member.clientHost,
      rebalanceTimeoutMs: rebalanceTimeoutOf(member),
      sessionTimeoutMs: member.sessionTimeout,
      protocols: [{ name: protocol ?? '', metadata: new Uint8Array(member.subscription) }],
      assignment: new Uint8Array(member.assignment),
      isNew: false,
      expiresAtMs: Number.POSITIVE_INFINITY,
    }),
  )
  group.generation = generation
  group.protocolType = protocolType === '' ? null : protocolType
  group.protocol = protocol
  group.restore(members.length === 0 ? 'Empty' : 'Stable', members)
  group.leader =
    leader !== null && group.members.has(leader) ? leader : (members[0]?.memberId ?? null)
  group.subscribedTopics = subscribedTopicsOf(group)
}

type GroupRecord = Extract<CoordinatorRecord, { type: 'GroupMetadata' }>
type MemberValue = GroupMetadataValueInput['members'][number]

/** The oldest records have no rebalance timeout: it was the session timeout. */
function rebalanceTimeoutOf({ rebalanceTimeout = -1, sessionTimeout }: MemberValue): number {
  return rebalanceTimeout === -1 ? sessionTimeout : rebalanceTimeout
}
