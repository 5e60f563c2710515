import { invariant } from '../../../lib/invariant.ts'
import type { Alarm } from './alarm.ts'
import type { ErrorName, JoinAnswer, SyncAnswer } from './answers.ts'
import { isKnownToAll } from './choose-protocol.ts'
import { type Member, metadataOf, noAssignment, type Protocol } from './member.ts'
import { Waiting } from './waiting.ts'

export type GroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable'

const never = Number.POSITIVE_INFINITY
const tryAgain = 'REBALANCE_IN_PROGRESS'

/**
 * One classic group: its members, the generation they are in, and who waits for what. It knows what
 * must be true of a group; what happens to it, and when, is decided in the files beside.
 *
 * ```
 *   Empty --> PreparingRebalance --> CompletingRebalance --> Stable
 *     ^         |          ^                  |                |
 *     +---------+          +------------------+----------------+
 * ```
 */
export class Group {
  readonly id: string
  readonly alarm: Alarm
  /** Goes up with each rebalance that ends. */
  generation = 0
  /** What kind of work is shared: `consumer`, `connect`; null before anybody joined. */
  protocolType: string | null = null
  /** What the members of this generation agreed on. */
  protocol: string | null = null
  leader: string | null = null
  /** In the order in which they came. */
  readonly members = new Map<string, Member>()
  /** Member ids of static members, by their instance ids. */
  readonly statics = new Map<string, string>()
  /** Member ids that were given out, and when they are forgotten if nobody joins with them (KIP-394). */
  readonly pending = new Map<string, number>()
  /** Members of whom this generation has seen no SyncGroup yet. */
  readonly unsynced = new Set<string>()
  /** Members whose JoinGroup waits for the others. */
  readonly joins = new Waiting<JoinAnswer>((memberId) => ({ error: tryAgain, memberId }))
  /** Members whose SyncGroup waits for the leader's. */
  readonly syncs = new Waiting<SyncAnswer>(() => ({ error: tryAgain }))
  /** When the rebalance goes on without those who have not joined. */
  joinDueMs = never
  /** What is left of the wait for more members, in the first rebalance of an empty group. */
  initialDelay: { readonly delayMs: number; readonly leftMs: number } | undefined
  /** Somebody came since that wait began. */
  hasNewcomers = false
  /** When members are taken out who did not send SyncGroup. */
  syncDueMs = never
  /** Of this generation's members; undefined where nobody can tell. */
  subscribedTopics: ReadonlySet<string> | undefined
  /** What is to happen once the record that was decided on is in the log. */
  whenWritten: (() => void) | undefined
  private currentState: GroupState = 'Empty'
  private previousState: GroupState | undefined
  /** Since when it is in its state, as time of the day; null where its record does not say. */
  sinceMs: number | null

  constructor(id: string, options: { readonly alarm: Alarm; readonly sinceMs: number | null }) {
    this.id = id
    this.alarm = options.alarm
    this.sinceMs = options.sinceMs
  }

  get state(): GroupState {
    return this.currentState
  }

  /** Whether this rebalance began without members, so that more are waited for. */
  get isInitialRebalance(): boolean {
    return this.state === 'PreparingRebalance' && this.previousState === 'Empty'
  }

  moveTo(state: GroupState, nowMs: number): void {
    invariant(before[state].includes(this.state), `no group goes from ${this.state} to ${state}`)
    this.previousState = this.currentState
    this.currentState = state
    this.sinceMs = nowMs
  }

  /** As it was read back from the log. */
  restore(state: 'Empty' | 'Stable', members: readonly Member[]): void {
    this.currentState = state
    for (const member of members) this.put(member)
  }

  /** One that the group has no member like yet. The first of all says what kind of group it is. */
  add(member: Member, protocolType: string): void {
    if (this.members.size === 0) this.protocolType = protocolType
    invariant(this.protocolType === protocolType, 'all members of a group do the same')
    this.pending.delete(member.memberId)
    this.put(member)
    this.leader ??= member.memberId
  }

  /** A member, or an id that was given out, is none any more. Whoever waits as that begins anew. */
  remove(memberId: string): void {
    const error = 'UNKNOWN_MEMBER_ID'
    this.joins.answer(memberId, { error, memberId: '' })
    this.syncs.answer(memberId, { error })
    this.pending.delete(memberId)
    this.unsynced.delete(memberId)
    const member = this.members.get(memberId)
    if (member === undefined) return
    this.members.delete(memberId)
    if (member.groupInstanceId !== null) this.statics.delete(member.groupInstanceId)
    if (this.leader === memberId) this.leader = this.members.keys().next().value ?? null
  }

  /** A static member goes on under another id. Who waits as the old one is another process, and stops. */
  replace(old: Member, memberId: string): Member {
    const error = 'FENCED_INSTANCE_ID'
    const isLeader = this.leader === old.memberId
    const wasUnsynced = this.unsynced.has(old.memberId)
    this.joins.answer(old.memberId, { error, memberId: old.memberId })
    this.syncs.answer(old.memberId, { error })
    this.remove(old.memberId)
    const member = { ...old, memberId, isNew: false }
    this.put(member)
    if (isLeader) this.leader = memberId
    if (wasUnsynced) this.unsynced.add(memberId)
    return member
  }

  /** Whether somebody may join with these protocols. */
  takes(protocolType: string, protocols: readonly Protocol[]): boolean {
    if (this.state === 'Empty') return protocolType !== '' && protocols.length > 0
    return this.protocolType === protocolType && isKnownToAll(this.members, protocols)
  }

  /** Why a request is none of a member of this group; undefined if it is one. */
  refusal({ memberId, groupInstanceId }: MemberIdentity): ErrorName | undefined {
    if (groupInstanceId !== null) {
      const known = this.statics.get(groupInstanceId)
      if (known === undefined) return 'UNKNOWN_MEMBER_ID'
      if (known !== memberId) return 'FENCED_INSTANCE_ID' // another process has its name now
    }
    return this.members.has(memberId) ? undefined : 'UNKNOWN_MEMBER_ID'
  }

  /** The longest that one of the members asks for. */
  get rebalanceTimeoutMs(): number {
    let longest = 0
    for (const member of this.members.values()) {
      longest = Math.max(longest, member.rebalanceTimeoutMs)
    }
    return longest
  }

  /** Whether the session of a member cannot end, since it is the group that keeps it waiting. */
  keepsWaiting(memberId: string): boolean {
    return this.joins.has(memberId) || this.syncs.has(memberId)
  }

  get haveAllJoined(): boolean {
    return this.joins.size === this.members.size && this.pending.size === 0
  }

  /** What every member is told of this generation; the leader hears of the others too. */
  joinAnswer(memberId: string): JoinAnswer {
    const { generation, protocolType, protocol, leader } = this
    const answer = { memberId, generationId: generation, protocolType, protocol, leader }
    return leader === memberId ? { ...answer, members: this.membersForLeader() } : answer
  }

  /** No assignment of this generation holds any more. */
  forgetAssignments(): void {
    for (const member of this.members.values()) member.assignment = noAssignment
  }

  /** It is deleted, or looked after elsewhere: whoever waits hears why. */
  end(error: ErrorName): void {
    this.alarm.stop()
    this.joins.answerAll((memberId) => ({ error, memberId }))
    this.syncs.answerAll(() => ({ error }))
  }

  private put(member: Member): void {
    this.members.set(member.memberId, member)
    if (member.groupInstanceId !== null) this.statics.set(member.groupInstanceId, member.memberId)
  }

  private membersForLeader(): NonNullable<JoinAnswer['members']> {
    const protocol = this.protocol ?? ''
    return Array.from(this.members.values(), (member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      metadata: metadataOf(member, protocol),
    }))
  }
}

export type MemberIdentity = { readonly memberId: string; readonly groupInstanceId: string | null }

/** From where a group gets into a state. */
const before: { readonly [State in GroupState]: readonly GroupState[] } = {
  Empty: ['PreparingRebalance'],
  PreparingRebalance: ['Empty', 'CompletingRebalance', 'Stable'],
  CompletingRebalance: ['PreparingRebalance'],
  Stable: ['CompletingRebalance'],
}
