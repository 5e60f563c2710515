import { chooseProtocol } from './choose-protocol.ts'
import type { Group } from './group.ts'
import { recordOf } from './group-record.ts'
import { type Joined, type Joining, reasonOf, update, waitToJoin } from './joining.ts'
import type { Member } from './member.ts'
import { goOnIfAllJoined, prepareRebalance, rebalance } from './rebalance.ts'
import type { GroupServices } from './services.ts'
import { keepAlive } from './sessions.ts'

/** A static member that was started again, and knows no member id: it takes the place of the old one. */
export function joinAgainAsStatic(
  group: Group,
  joining: Joining,
  { old, memberId }: { old: Member; memberId: string },
  services: GroupServices,
): Joined {
  const { leader } = group
  const before = { ...old }
  const member = group.replace(old, memberId)
  keepAlive(group, member, services)
  update(member, joining)
  if (group.state === 'Stable' && chooseProtocol(group.members) === group.protocol) {
    return goOn(group, { joining, member, before, leader }, services)
  }
  const response = waitToJoin(group, memberId)
  const reason = `${member.groupInstanceId} was started again as ${memberId}; ${reasonOf(joining.request)}`
  switch (group.state) {
    case 'Stable': // the members would agree on another protocol now
      return { ...rebalance(group, services, reason), response }
    case 'CompletingRebalance':
      // The leader may have shared out to the old id already.
      return { ...prepareRebalance(group, services, reason), response }
    default:
      return { ...goOnIfAllJoined(group, services), response }
  }
}

type Replaced = {
  readonly joining: Joining
  readonly member: Member
  /** The one that it takes the place of, as that was. */
  readonly before: Member
  readonly leader: string | null
}

/** Nobody rebalances: the member goes on with the assignment of the old one, once that is in the log. */
function goOn(
  group: Group,
  { joining, member, before, leader }: Replaced,
  services: GroupServices,
): Joined {
  const { memberId } = member
  services.log.info('a static member is back', { group: group.id, memberId })
  const answer = group.joinAnswer(memberId)
  const skipAssignment = group.leader === memberId
  // Who cannot skip the assignment is told of the old leader, so that it does not share out anew.
  const { members: _, ...asFollower } = { ...answer, leader }
  const canSkip = joining.version >= firstWithSkippedAssignment
  return {
    records: [recordOf(group)],
    failed: () => {
      const { protocols, rebalanceTimeoutMs, sessionTimeoutMs } = before
      const back = group.replace(member, before.memberId)
      Object.assign(back, { protocols, rebalanceTimeoutMs, sessionTimeoutMs })
      keepAlive(group, back, services)
    },
    response: canSkip ? { ...answer, skipAssignment } : asFollower,
  }
}

/** KIP-814. */
const firstWithSkippedAssignment = 9
