import type { Group } from './group.ts'
import type { Member } from './member.ts'
import type { GroupServices } from './services.ts'

/** The member was heard of: its session lasts for `timeoutMs` from now on. Takes the same time in any group. */
export function keepAlive(
  group: Group,
  member: Member,
  { clock }: GroupServices,
  timeoutMs = member.sessionTimeoutMs,
): void {
  member.expiresAtMs = clock.monotonicMs() + timeoutMs
  group.alarm.notLaterThan(member.expiresAtMs)
}

/** A member id was given out, and is forgotten if nobody joins with it for `timeoutMs`. */
export function keepPending(
  group: Group,
  memberId: string,
  { clock }: GroupServices,
  timeoutMs: number,
): void {
  const dueMs = clock.monotonicMs() + timeoutMs
  group.pending.set(memberId, dueMs)
  group.alarm.notLaterThan(dueMs)
}
