import { invariant } from '../../../lib/invariant.ts'
import type { RequestOf, ResponseInputOf } from '../../protocol/apis.ts'
import { KafkaError } from '../../protocol/errors.ts'
import { errorCodes } from '../../protocol/generated/error-codes.ts'
import type { Decision } from '../decision.ts'
import type { Client, CommittingMember } from '../membership.ts'
import type { CoordinatorRecord } from '../records.ts'
import { Alarm } from './alarm.ts'
import { type ErrorName, joinResponse, syncResponse } from './answers.ts'
import { commitError } from './commit-error.ts'
import { describeGroup, describeUnknown, isListed, listGroup } from './describe.ts'
import { doWhatIsDue } from './due.ts'
import { Group, type GroupState } from './group.ts'
import { recordOfNew, restore, tombstoneOf } from './group-record.ts'
import { joinGroup } from './join.ts'
import { leaveGroup, leaveOfUnknownGroup } from './leave.ts'
import type { Member } from './member.ts'
import { prepareRebalance } from './rebalance.ts'
import type { GroupServices } from './services.ts'
import { keepAlive } from './sessions.ts'
import { syncGroup } from './sync.ts'

type GroupMetadata = Extract<CoordinatorRecord, { type: 'GroupMetadata' }>

/**
 * The classic groups of one partition of `__consumer_offsets` on the broker that leads it: who is a
 * member, in which generation, and who waits for whom.
 *
 * A request is decided at once, by what is known here. What must survive this broker is a record of
 * the whole group: where its members have their assignments, where a static member has got another
 * id, and where nobody is left. All else is lost with this broker, and members find that out and join
 * again.
 *
 * Whoever asks replays the records of a decision, or tells `failed`, before it asks for the next one,
 * and tells no answer before all that was written until then is committed.
 *
 * Source: GroupMetadataManager and ClassicGroup of Kafka 4.3.1.
 */
export class ClassicGroups {
  private readonly services: GroupServices
  private readonly groups = new Map<string, Group>()
  private isLoaded = false

  constructor(services: GroupServices) {
    this.services = services
  }

  /** Takes a record over, in the order of the log. */
  replay({ group: id, value }: GroupMetadata): void {
    const known = this.groups.get(id)
    if (value === null) {
      if (known !== undefined) this.forget(known, 'COORDINATOR_NOT_AVAILABLE')
    } else if (this.isLoaded) {
      invariant(known !== undefined, 'a record was decided on by the group that it is of')
      this.written(known)
    } else {
      restore(this.newGroup(id, value.currentStateTimestamp ?? -1), value)
    }
  }

  /** All of the log was replayed. Members have a session from now on, since nobody knows of their last. */
  loaded(): void {
    this.isLoaded = true
    for (const group of this.groups.values()) this.begin(group)
  }

  /** It is led elsewhere now: whoever waits hears `error`, and nothing goes off any more. */
  unload({ code }: KafkaError): void {
    for (const group of this.groups.values()) group.end(code)
    this.groups.clear()
  }

  join(request: RequestOf<'JoinGroup'>, client: Client): Decision<ResponseInputOf<'JoinGroup'>> {
    const { groupId, memberId, sessionTimeoutMs } = request
    const { version } = client
    const { minSessionTimeoutMs, maxSessionTimeoutMs } = this.services.settings
    const refused = (error: ErrorName) => answer(joinResponse(version, { error, memberId }))
    if (groupId === '') return refused('INVALID_GROUP_ID')
    if (sessionTimeoutMs < minSessionTimeoutMs || sessionTimeoutMs > maxSessionTimeoutMs) {
      return refused('INVALID_SESSION_TIMEOUT')
    }
    const known = this.groups.get(groupId)
    if (known === undefined && memberId !== '') return refused('UNKNOWN_MEMBER_ID')
    const group = known ?? this.newGroup(groupId, this.services.clock.nowMs())
    const decision = joinGroup(group, { request, ...client }, this.services)
    const response = mapped(decision.response, (told) => joinResponse(version, told))
    if (known !== undefined) return this.decided(group, { ...decision, response })
    // It is known to all who ask for groups, from the first on who may become a member.
    const failed = ({ code }: KafkaError) => this.forget(group, code)
    return this.decided(group, { records: [recordOfNew(group)], failed, response })
  }

  sync(
    request: RequestOf<'SyncGroup'>,
    { version }: Versioned,
  ): Decision<ResponseInputOf<'SyncGroup'>> {
    const { groupId, protocolType, protocolName } = request
    if (version >= 5 && (protocolType === null || protocolName === null)) {
      return answer(syncResponse({ error: 'INCONSISTENT_GROUP_PROTOCOL' }))
    }
    if (groupId === '') return answer(syncResponse({ error: 'INVALID_GROUP_ID' }))
    const group = this.groups.get(groupId)
    if (group === undefined) return answer(syncResponse({ error: 'UNKNOWN_MEMBER_ID' }))
    const decision = syncGroup(group, request, this.services)
    return this.decided(group, { ...decision, response: mapped(decision.response, syncResponse) })
  }

  heartbeat(request: RequestOf<'Heartbeat'>): Decision<ResponseInputOf<'Heartbeat'>> {
    return answer({ errorCode: errorCodes[this.heard(request)] })
  }

  leave(
    request: RequestOf<'LeaveGroup'>,
    { version }: Versioned,
  ): Decision<ResponseInputOf<'LeaveGroup'>> {
    const { groupId } = request
    if (groupId === '') return answer({ errorCode: errorCodes.INVALID_GROUP_ID })
    const group = this.groups.get(groupId)
    if (group === undefined) return leaveOfUnknownGroup(request, version)
    return this.decided(group, leaveGroup(group, { request, version }, this.services))
  }

  /** Groups that are not here are told of as dead ones. */
  describe(
    { groups }: RequestOf<'DescribeGroups'>,
    { version }: Versioned,
  ): Decision<ResponseInputOf<'DescribeGroups'>> {
    const described = groups.map((id) => {
      const group = this.groups.get(id)
      return group === undefined ? describeUnknown(id, version) : describeGroup(group)
    })
    return answer({ groups: described })
  }

  /** Those groups that are here. */
  list(request: RequestOf<'ListGroups'>): Decision<ResponseInputOf<'ListGroups'>> {
    const listed = Array.from(this.groups.values()).filter((group) => isListed(group, request))
    return answer({ errorCode: errorCodes.NONE, groups: listed.map(listGroup) })
  }

  /** What deletes a group that nobody is in; nothing, where somebody is. */
  remove(id: string): CoordinatorRecord[] {
    return this.groups.get(id)?.state === 'Empty' ? [tombstoneOf(id)] : []
  }

  /**
   * Whether offsets may be committed for a group by who says so. A member that may is heard of: its
   * session begins anew.
   *
   * @throws {KafkaError} UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID, ILLEGAL_GENERATION,
   *   REBALANCE_IN_PROGRESS
   */
  checkCommit(id: string, committer: CommittingMember): void {
    const group = this.groups.get(id)
    const error = commitError(group, committer)
    if (error !== undefined) {
      const { memberId, generationId } = committer
      throw new KafkaError(error, `member ${memberId} of generation ${generationId}`)
    }
    const member = group?.members.get(committer.memberId)
    if (member !== undefined) keepAlive(group as Group, member, this.services)
  }

  stateOf(id: string): GroupState | 'Unknown' | 'Dead' {
    return this.groups.get(id)?.state ?? 'Unknown'
  }

  /** Whether members subscribe to a topic, or may do so in a way that nobody here can read. */
  isSubscribed(id: string, topic: string): boolean {
    const group = this.groups.get(id)
    if (group === undefined) return false
    return group.subscribedTopics?.has(topic) ?? group.protocolType === 'consumer'
  }

  /** Null where nobody ever joined. */
  protocolType(id: string): string | null {
    return this.groups.get(id)?.protocolType ?? null
  }

  /** Since when nobody is in it, as time of the day; null where somebody is, or nobody knows. */
  emptySinceMs(id: string): number | null {
    const group = this.groups.get(id)
    return group?.state === 'Empty' ? group.sinceMs : null
  }

  private heard(request: RequestOf<'Heartbeat'>): ErrorName {
    const { groupId, memberId, generationId } = request
    if (groupId === '') return 'INVALID_GROUP_ID'
    const group = this.groups.get(groupId)
    if (group === undefined) return 'UNKNOWN_MEMBER_ID'
    const error = group.refusal(request)
    if (error !== undefined) return error
    if (generationId !== group.generation) return 'ILLEGAL_GENERATION'
    keepAlive(group, group.members.get(memberId) as Member, this.services)
    return group.state === 'PreparingRebalance' ? 'REBALANCE_IN_PROGRESS' : 'NONE'
  }

  private begin(group: Group): void {
    for (const member of group.members.values()) keepAlive(group, member, this.services)
    if (group.members.size <= this.services.settings.maxSize) return
    // Those who join last are one too many, but may commit before.
    prepareRebalance(group, this.services, 'it has more members than group.max.size')
  }

  private newGroup(id: string, sinceMs: number): Group {
    const { clock, port } = this.services
    const alarm = new Alarm(clock, () => port.run(() => this.due(group)))
    const group: Group = new Group(id, { alarm, sinceMs: sinceMs === -1 ? null : sinceMs })
    this.groups.set(id, group)
    return group
  }

  private due(group: Group): Decision<void> {
    if (this.groups.get(group.id) !== group) return answer(undefined)
    const step = doWhatIsDue(group, this.services)
    return this.decided(group, { ...step, response: undefined })
  }

  /**
   * What is undone where a decision could not be written is not undone once it is in the log, though
   * nobody may know then whether it stays there.
   */
  private decided<R>(group: Group, decision: Decision<R>): Decision<R> {
    const { records, failed } = decision
    if (records.length === 0) return decision
    const whenWritten = group.whenWritten ?? (() => {})
    group.whenWritten = whenWritten
    const undo = (error: KafkaError) => {
      if (group.whenWritten !== whenWritten) return
      group.whenWritten = undefined
      failed?.(error)
    }
    return { ...decision, failed: undo }
  }

  private written(group: Group): void {
    const { whenWritten } = group
    group.whenWritten = undefined
    whenWritten?.()
  }

  private forget(group: Group, error: ErrorName): void {
    this.groups.delete(group.id)
    group.end(error)
  }
}

type Versioned = { readonly version: number }

function answer<R>(response: R): Decision<R> {
  return { records: [], response }
}

function mapped<A, B>(answer: A | Promise<A>, map: (answer: A) => B): B | Promise<B> {
  return answer instanceof Promise ? answer.then(map) : map(answer)
}
