import type { ErrorName } from './answers.ts'
import { chooseProtocol } from './choose-protocol.ts'
import type { Group } from './group.ts'
import { recordOf } from './group-record.ts'
import type { GroupServices } from './services.ts'
import { keepAlive } from './sessions.ts'
import { nothing, type Step } from './step.ts'
import { subscribedTopicsOf } from './subscribed-topics.ts'

/**
 * Something about the members has changed: they have to join again. In a rebalance that goes on
 * already, this may have been the last one who was waited for.
 *
 * @param reason For whoever wonders why a group rebalances.
 */
export function rebalance(group: Group, services: GroupServices, reason: string): Step {
  return group.state === 'PreparingRebalance'
    ? goOnIfAllJoined(group, services)
    : prepareRebalance(group, services, reason)
}

/** Asks all members to join again, by their heartbeats. */
export function prepareRebalance(group: Group, services: GroupServices, reason: string): Step {
  const { state, generation } = group
  const { clock, settings, log } = services
  // What was shared was not given out yet.
  if (state === 'CompletingRebalance') refuseSyncs(group, services, 'REBALANCE_IN_PROGRESS')
  group.unsynced.clear()
  group.syncDueMs = Number.POSITIVE_INFINITY
  group.moveTo('PreparingRebalance', clock.nowMs())
  log.info('a group rebalances', { group: group.id, state, generation, reason })
  if (state !== 'Empty') {
    if (group.haveAllJoined) return completeJoin(group, services)
    waitForJoins(group, services, group.rebalanceTimeoutMs)
    return nothing
  }
  const delayMs = settings.initialRebalanceDelayMs
  group.hasNewcomers = false
  group.initialDelay = { delayMs, leftMs: Math.max(group.rebalanceTimeoutMs - delayMs, 0) }
  waitForJoins(group, services, delayMs)
  return nothing
}

/** Ends the wait for members where nobody is missing. In its first rebalance a group waits for more. */
export function goOnIfAllJoined(group: Group, services: GroupServices): Step {
  return group.isInitialRebalance ? nothing : goOnWithoutMissing(group, services)
}

/** The same for somebody whose time is over: nobody knows of more who come. */
export function goOnWithoutMissing(group: Group, services: GroupServices): Step {
  const isOver = group.state === 'PreparingRebalance' && group.haveAllJoined
  return isOver ? completeJoin(group, services) : nothing
}

/**
 * The time to join is over. Where the group was empty it is prolonged as long as others come, up to
 * the rebalance timeout, so that ten members which start together are one rebalance (KIP-134).
 */
export function joinTimeIsOver(group: Group, services: GroupServices): Step {
  const { initialDelay, hasNewcomers } = group
  if (initialDelay === undefined || !hasNewcomers || initialDelay.leftMs === 0) {
    return completeJoin(group, services)
  }
  const { delayMs, leftMs } = initialDelay
  const nextDelayMs = Math.min(services.settings.initialRebalanceDelayMs, leftMs)
  group.hasNewcomers = false
  group.initialDelay = { delayMs: nextDelayMs, leftMs: Math.max(leftMs - delayMs, 0) }
  waitForJoins(group, services, nextDelayMs)
  return nothing
}

/** The time is over in which each member had to fetch its assignment: who did not is taken out. */
export function syncTimeIsOver(group: Group, services: GroupServices): Step {
  if (group.unsynced.size === 0) return nothing
  const missing = [...group.unsynced]
  for (const memberId of missing) group.remove(memberId)
  return prepareRebalance(group, services, `no SyncGroup came from ${missing.join(', ')}`)
}

/** Tells everybody who waits for an assignment that there is none; they join again. */
export function refuseSyncs(group: Group, services: GroupServices, error: ErrorName): void {
  group.forgetAssignments()
  for (const member of group.members.values()) {
    if (group.syncs.answer(member.memberId, { error })) keepAlive(group, member, services)
  }
}

/** Goes on with those who have joined: the next generation. */
function completeJoin(group: Group, services: GroupServices): Step {
  group.joinDueMs = Number.POSITIVE_INFINITY
  group.initialDelay = undefined
  removeWhoDidNotJoin(group, services)
  if (group.members.size > 0 && !hasLeaderWhoJoined(group)) {
    // Only static members are left, and none of them is back: their sessions will end.
    waitForJoins(group, services, Math.max(group.rebalanceTimeoutMs, leastWaitMs))
    return nothing
  }
  group.generation += 1
  return group.members.size === 0 ? becomeEmpty(group, services) : beginSync(group, services)
}

function removeWhoDidNotJoin(group: Group, { log }: GroupServices): void {
  const missing = Array.from(group.members.values(), ({ memberId }) => memberId).filter(
    (memberId) =>
      !group.joins.has(memberId) && group.members.get(memberId)?.groupInstanceId === null,
  )
  for (const memberId of missing) group.remove(memberId)
  if (missing.length > 0) log.info('members did not join again', { group: group.id, missing })
}

/** A leader who did not join is followed by one who did. */
function hasLeaderWhoJoined(group: Group): boolean {
  if (group.leader !== null && group.joins.has(group.leader)) return true
  for (const memberId of group.members.keys()) {
    if (!group.joins.has(memberId)) continue
    group.leader = memberId
    return true
  }
  return false
}

function becomeEmpty(group: Group, { clock, log }: GroupServices): Step {
  const { id, generation } = group
  group.protocol = null
  group.subscribedTopics = subscribedTopicsOf(group)
  group.moveTo('Empty', clock.nowMs())
  log.info('a group is empty', { group: id, generation })
  return {
    records: [recordOf(group)],
    // The generation before comes back if this broker fails now: its members are gone, and time out.
    failed: ({ code }) => log.warn('an empty group was not written', { group: id, error: code }),
  }
}

function beginSync(group: Group, services: GroupServices): Step {
  const { clock, log } = services
  group.protocol = chooseProtocol(group.members)
  group.subscribedTopics = subscribedTopicsOf(group)
  group.moveTo('CompletingRebalance', clock.nowMs())
  const { id, generation, protocol, leader, members } = group
  log.info('a group has joined', { group: id, generation, protocol, leader, members: members.size })
  for (const member of members.values()) {
    const { memberId } = member
    group.joins.answer(memberId, group.joinAnswer(memberId))
    member.isNew = false
    group.unsynced.add(memberId)
    keepAlive(group, member, services)
  }
  group.syncDueMs = clock.monotonicMs() + group.rebalanceTimeoutMs
  group.alarm.notLaterThan(group.syncDueMs)
  return nothing
}

function waitForJoins(group: Group, { clock }: GroupServices, waitMs: number): void {
  group.joinDueMs = clock.monotonicMs() + waitMs
  group.alarm.notLaterThan(group.joinDueMs)
}

/** A group whose members ask for no time at all is not looked at without a pause. */
const leastWaitMs = 1_000
