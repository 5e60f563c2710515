import type { Group } from './group.ts'
import { goOnWithoutMissing, joinTimeIsOver, rebalance, syncTimeIsOver } from './rebalance.ts'
import type { GroupServices } from './services.ts'
import { nothing, type Step, together } from './step.ts'

/** Does all that is due in a group, in the order of its times, and sets its alarm for what is next. */
export function doWhatIsDue(group: Group, services: GroupServices): Step {
  const nowMs = services.clock.monotonicMs()
  const due = [...timesOf(group)].filter(({ atMs }) => atMs <= nowMs)
  const steps = due
    .toSorted((one, other) => one.atMs - other.atMs)
    // What came before may have moved it, or made an end to it.
    .map((time) => (time.atMs === time.now() ? time.over() : nothing))
  group.alarm.set(earliestOf(group))
  return together(steps)

  function* timesOf({ members, pending }: Group): Iterable<Time> {
    yield {
      atMs: group.joinDueMs,
      now: () => group.joinDueMs,
      over: () => joinTimeIsOver(group, services),
    }
    yield {
      atMs: group.syncDueMs,
      now: () => group.syncDueMs,
      over: () => {
        group.syncDueMs = Number.POSITIVE_INFINITY
        return syncTimeIsOver(group, services)
      },
    }
    for (const [memberId, atMs] of pending) {
      const now = () => pending.get(memberId)
      yield { atMs, now, over: () => forget(memberId) }
    }
    for (const [memberId, { expiresAtMs: atMs }] of members) {
      const now = () => members.get(memberId)?.expiresAtMs
      yield { atMs, now, over: () => endSession(memberId) }
    }
  }

  /** Nobody joined with an id that was given out. */
  function forget(memberId: string): Step {
    group.remove(memberId)
    services.log.debug('nobody joined with a member id', { group: group.id, memberId })
    return goOnWithoutMissing(group, services)
  }

  function endSession(memberId: string): Step {
    const member = group.members.get(memberId)
    if (member === undefined) return nothing
    if (!member.isNew && group.keepsWaiting(memberId)) {
      member.expiresAtMs = Number.POSITIVE_INFINITY // until it is answered
      return nothing
    }
    group.remove(memberId)
    services.log.info('the session of a member ended', { group: group.id, memberId })
    return group.state === 'PreparingRebalance'
      ? goOnWithoutMissing(group, services)
      : rebalance(group, services, `the session of ${memberId} ended`)
  }
}

/** Something that is to be done at `atMs`, if that is still its time `now`. */
type Time = {
  readonly atMs: number
  readonly now: () => number | undefined
  readonly over: () => Step
}

function earliestOf({ joinDueMs, syncDueMs, pending, members }: Group): number {
  let earliest = Math.min(joinDueMs, syncDueMs)
  for (const atMs of pending.values()) earliest = Math.min(earliest, atMs)
  for (const { expiresAtMs } of members.values()) earliest = Math.min(earliest, expiresAtMs)
  return earliest
}
