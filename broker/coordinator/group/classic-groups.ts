import type { RequestOf, ResponseInputOf } from '../../protocol/apis.ts'
import { KafkaError } from '../../protocol/errors.ts'
import { errorCodes } from '../../protocol/generated/error-codes.ts'
import type { Decision } from '../decision.ts'
import type { CoordinatorRecord } from '../records.ts'
import { Alarm } from './alarm.ts'
import { joinResponse, syncResponse } from './answers.ts'
import { appendErrorFor, type ErrorName } from './append-error.ts'
import {
  type DescribedGroup,
  describeGroup,
  describeUnknown,
  isListed,
  type ListedGroup,
  listGroup,
} from './describe.ts'
import { doWhatIsDue } from './due.ts'
import { Group, type GroupState, type MemberIdentity } from './group.ts'
import { recordOfNew, restore, tombstoneOf } from './group-record.ts'
import { joinGroup } from './join.ts'
import type { Joining } from './joining.ts'
import { leaveGroup, leaveOfUnknownGroup } from './leave.ts'
import type { Member } from './member.ts'
import { prepareRebalance } from './rebalance.ts'
import type { GroupServices } from './services.ts'
import { keepAlive } from './sessions.ts'
import { syncGroup } from './sync.ts'

type GroupMetadata = Extract<CoordinatorRecord, { type: 'GroupMetadata' }>

/** Who commits offsets: a member, or somebody without a group, whose generation is -1. */
export type Committer = MemberIdentity & { readonly generationId: number }

/**
 * The classic groups of one partition of `__consumer_offsets` on the broker that leads it: who is a
 * member, in which generation, and who waits for whom.
 *
 * A request is decided at once, by what is known here. What must survive this broker is a record of
 * the whole group: where its members have their assignments, where a static member has got another
 * id, and where nobody is left. A record that this instance has decided on is of something that it
 * knows already; replayed, it tells that the log has it. All else is lost with this broker, and
 * members find that out and join again.
 *
 * @see https://kafka.apache.org/documentation/#impl_offsettracking
 * @see https://cwiki.apache.org/confluence/display/KAFKA/KIP-848, "the classic protocol"
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
    } else if (this.isLoaded && known !== undefined) {
      known.isWritten = true
    } else {
      known?.alarm.stop()
      const group = this.newGroup(id, value.currentStateTimestamp ?? -1)
      restore(group, value)
      // It was given up, or deleted, while this was on its way to the log.
      if (this.isLoaded) this.begin(group)
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

  /** Offsets of a group are kept, so it is there, though nobody may ever join it. */
  hasOffsets(id: string): void {
    const group = this.groups.get(id) ?? this.newGroup(id, this.services.clock.nowMs())
    group.isWritten = true
  }

  join(
    request: RequestOf<'JoinGroup'>,
    context: Omit<Joining, 'request'>,
  ): Decision<ResponseInputOf<'JoinGroup'>> {
    const { groupId, memberId, sessionTimeoutMs } = request
    const { version } = context
    const { minSessionTimeoutMs, maxSessionTimeoutMs } = this.services.settings
    const refused = (error: ErrorName) => answer(joinResponse(version, { error, memberId }))
    if (groupId === '') return refused('INVALID_GROUP_ID')
    if (sessionTimeoutMs < minSessionTimeoutMs || sessionTimeoutMs > maxSessionTimeoutMs) {
      return refused('INVALID_SESSION_TIMEOUT')
    }
    const known = this.groups.get(groupId)
    if (known === undefined && memberId !== '') return refused('UNKNOWN_MEMBER_ID')
    const group = known ?? this.newGroup(groupId, this.services.clock.nowMs())
    const decision = joinGroup(group, { request, ...context }, this.services)
    const response = mapped(decision.response, (told) => joinResponse(version, told))
    if (known !== undefined) return { ...decision, response }
    // It is known to all who ask for groups, from the first member on who may come.
    return {
      records: [recordOfNew(group)],
      failed: ({ code }) => {
        if (!group.isWritten && !group.isGone) this.forget(group, appendErrorFor(code))
      },
      response,
    }
  }

  sync(request: RequestOf<'SyncGroup'>, version: number): Decision<ResponseInputOf<'SyncGroup'>> {
    const { groupId, protocolType, protocolName } = request
    if (version >= 5 && (protocolType === null || protocolName === null)) {
      return answer(syncResponse({ error: 'INCONSISTENT_GROUP_PROTOCOL' }))
    }
    if (groupId === '') return answer(syncResponse({ error: 'INVALID_GROUP_ID' }))
    const group = this.groups.get(groupId)
    if (group === undefined) return answer(syncResponse({ error: 'UNKNOWN_MEMBER_ID' }))
    const decision = syncGroup(group, request, this.services)
    return { ...decision, response: mapped(decision.response, syncResponse) }
  }

  heartbeat(request: RequestOf<'Heartbeat'>): Decision<ResponseInputOf<'Heartbeat'>> {
    return answer({ errorCode: errorCodes[this.heard(request)] })
  }

  leave(
    request: RequestOf<'LeaveGroup'>,
    version: number,
  ): Decision<ResponseInputOf<'LeaveGroup'>> {
    const { groupId } = request
    if (groupId === '') return answer({ errorCode: errorCodes.INVALID_GROUP_ID })
    const group = this.groups.get(groupId)
    if (group === undefined) return leaveOfUnknownGroup(request, version)
    return leaveGroup(group, { request, version }, this.services)
  }

  /** One group of a DescribeGroups response. */
  describe(id: string, version: number): Decision<DescribedGroup> {
    const group = this.groups.get(id)
    return answer(group === undefined ? describeUnknown(id, version) : describeGroup(group))
  }

  /** Those groups of a ListGroups response that are here. */
  list(request: RequestOf<'ListGroups'>): Decision<ListedGroup[]> {
    const listed = Array.from(this.groups.values()).filter((group) => isListed(group, request))
    return answer(listed.map(listGroup))
  }

  /** @throws {KafkaError} GROUP_ID_NOT_FOUND, NON_EMPTY_GROUP */
  checkDelete(id: string): void {
    const group = this.groups.get(id)
    if (group === undefined) throw new KafkaError('GROUP_ID_NOT_FOUND', `Group ${id} not found.`)
    if (group.state !== 'Empty') throw new KafkaError('NON_EMPTY_GROUP', `${id} has members`)
  }

  /** What deletes a group that nobody is in; nothing, where somebody is. */
  remove(id: string): CoordinatorRecord[] {
    return this.groups.get(id)?.state === 'Empty' ? [tombstoneOf(id)] : []
  }

  /**
   * Whether offsets may be committed for a group by who says so. A member that may is heard of: its
   * session begins anew.
   *
   * @param version Of OffsetCommit: from 9 on clients know that a group may not be there.
   * @throws {KafkaError} UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID, ILLEGAL_GENERATION,
   *   REBALANCE_IN_PROGRESS, GROUP_ID_NOT_FOUND
   */
  checkCommit(id: string, committer: Committer, version = 0): void {
    const group = this.groups.get(id)
    const { memberId, groupInstanceId, generationId } = committer
    if (group === undefined) {
      if (generationId < 0) return
      throw refusal(version < 9 ? 'ILLEGAL_GENERATION' : 'GROUP_ID_NOT_FOUND', committer)
    }
    if (group.state === 'Empty' && generationId < 0) return
    const isNobody = generationId < 0 && memberId === '' && groupInstanceId === null
    const error = isNobody ? 'UNKNOWN_MEMBER_ID' : commitError(group, committer)
    if (error !== undefined) throw refusal(error, committer)
    const member = group.members.get(memberId)
    if (member !== undefined) keepAlive(group, member, this.services)
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
    const ring = () =>
      port.run(() => ({ ...doWhatIsDue(group, this.services), response: undefined }))
    const alarm = new Alarm(clock, ring)
    const group: Group = new Group(id, { alarm, sinceMs: sinceMs === -1 ? null : sinceMs })
    this.groups.set(id, group)
    return group
  }

  private forget(group: Group, error: ErrorName): void {
    this.groups.delete(group.id)
    group.end(error)
  }
}

function commitError(group: Group, committer: Committer): ErrorName | undefined {
  const error = group.refusal(committer)
  if (error !== undefined) return error
  if (committer.generationId !== group.generation) return 'ILLEGAL_GENERATION'
  // It knows its generation already, but not what it is to do in it.
  return group.state === 'CompletingRebalance' ? 'REBALANCE_IN_PROGRESS' : undefined
}

function refusal(code: ErrorName, { memberId, generationId }: Committer): KafkaError {
  return new KafkaError(code, `member ${memberId} of generation ${generationId}`)
}

function answer<R>(response: R): Decision<R> {
  return { records: [], response }
}

function mapped<A, B>(answer: A | Promise<A>, map: (answer: A) => B): B | Promise<B> {
  return answer instanceof Promise ? answer.then(map) : map(answer)
}
