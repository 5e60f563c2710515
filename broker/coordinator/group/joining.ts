import { quoted } from '../../../lib/wording.ts'
import type { RequestOf } from '../../protocol/apis.ts'
import type { Decision } from '../decision.ts'
import type { Client } from '../membership.ts'
import type { JoinAnswer } from './answers.ts'
import type { Group } from './group.ts'
import { copied, type Member } from './member.ts'

/** Who joins, and how. */
export type Joining = Client & { readonly request: RequestOf<'JoinGroup'> }

export type Joined = Decision<JoinAnswer>

/** Takes over what a member says of itself. */
export function update(member: Member, joining: Joining): void {
  member.protocols = copied(joining.request.protocols)
  member.rebalanceTimeoutMs = rebalanceTimeoutOf(joining)
  member.sessionTimeoutMs = joining.request.sessionTimeoutMs
}

/** Version 0 has no rebalance timeout. */
export function rebalanceTimeoutOf({ request, version }: Joining): number {
  return version === 0 ? request.sessionTimeoutMs : request.rebalanceTimeoutMs
}

/** Has a member wait until the rebalance ends. */
export function waitToJoin(group: Group, memberId: string): Promise<JoinAnswer> {
  const { promise, resolve } = Promise.withResolvers<JoinAnswer>()
  group.joins.add(memberId, resolve)
  return promise
}

/** For whoever wonders why a group rebalances. */
export function reasonOf({ reason }: RequestOf<'JoinGroup'>): string {
  return reason === null || reason === '' ? 'it says no reason' : `it says ${quoted(reason)}`
}
