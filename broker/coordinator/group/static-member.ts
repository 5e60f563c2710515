import type { JoinAnswer } from './answers.ts'
import { appendErrorFor } from './append-error.ts'
import { chooseProtocol } from './choose-protocol.ts'
import type { Group } from './group.ts'
import { recordOf } from './group-record.ts'
import { type Joined, type Joining, reasonOf, update, waitToJoin } from './joining.ts'
import type { Member } from './member.ts'
import { goOnIfAllJoined, prepareRebalance, rebalance } from './rebalance.ts'
import type { GroupServices } from './services.ts'
import { keepAlive } from './sessions.ts'
import type { Step } from './step.ts'

/** A static member that was started again, and knows no member id: it takes the place of the old one. */
export function joinAgainAsStatic(
  group: Group,
  joining: Joining,
  { old, memberId }: { old: Member; memberId: string },
  services: GroupServices,
): Joined {
  const leader = group.leader
  const before = { ...old }
  const member = group.replace(old, memberId)
  keepAlive(group, member, services)
  update(member, joining)
  const { response, tell } = waitToJoin(group, memberId)
  const reason = `${member.groupInstanceId} was started again as ${memberId}; ${reasonOf(joining.request)}`
  switch (group.state) {
    case 'Stable': {
      if (chooseProtocol(group.members) !== group.protocol) {
        return { ...rebalance(group, services, reason), response }
      }
      services.log.info('a static member is back, without a rebalance', { group: group.id, reason })
      const replaced = { group, member, before, leader, tell, version: joining.version }
      return { ...writeReplaced(replaced, services), response }
    }
    case 'CompletingRebalance':
      // The leader may have shared out to the old id already.
      return { ...prepareRebalance(group, services, reason), response }
    default:
      return { ...goOnIfAllJoined(group, services), response }
  }
}

type Replaced = {
  readonly group: Group
  readonly member: Member
  readonly before: Member
  readonly leader: string | null
  readonly tell: (answer: JoinAnswer) => void
  readonly version: number
}

/**
 * The group goes on as it is, once the new member id is in the log. Not so if it rebalances before
 * that: then the member is one of those who have joined.
 */
function writeReplaced(replaced: Replaced, services: GroupServices): Step {
  const { group, member, before, leader, tell, version } = replaced
  const { generation } = group
  const { memberId } = member
  const isAsItWas = () =>
    !group.isGone &&
    group.state === 'Stable' &&
    group.generation === generation &&
    group.joins.isFor(memberId, tell)
  return {
    records: [recordOf(group)],
    committed: () => {
      if (!isAsItWas()) return
      const answer = group.joinAnswer(memberId)
      const skipAssignment = group.leader === memberId
      // Who cannot skip the assignment is told of the old leader, so that it does not share out anew.
      const { members: _, ...asFollower } = { ...answer, leader }
      const canSkip = version >= firstWithSkippedAssignment
      group.joins.answer(memberId, canSkip ? { ...answer, skipAssignment } : asFollower)
      keepAlive(group, member, services)
    },
    failed: ({ code }) => {
      if (!isAsItWas()) return
      const { members: _, ...answer } = group.joinAnswer(memberId)
      group.joins.answer(memberId, { ...answer, error: appendErrorFor(code), memberId: '', leader })
      const { protocols, rebalanceTimeoutMs, sessionTimeoutMs } = before
      const back = group.replace(member, before.memberId)
      keepAlive(
        group,
        Object.assign(back, { protocols, rebalanceTimeoutMs, sessionTimeoutMs }),
        services,
      )
    },
  }
}

/** KIP-814. */
const firstWithSkippedAssignment = 9
