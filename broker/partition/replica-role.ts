import type { Clock } from '../../lib/clock.ts'
import type { PartitionImage } from '../metadata/partition-table.ts'
import { KafkaError } from '../protocol/errors.ts'
import { acksAllOutcome, refuseAcksAll } from '../replica/acks-all.ts'
import {
  type FetchAnswer,
  type FollowerDecision,
  fetchAnswered,
} from '../replica/follower-answer.ts'
import {
  beginToFollow,
  type FollowerState,
  type FollowerTurn,
  followerAppended,
  nextTurn,
} from '../replica/follower-state.ts'
import { followerWaited } from '../replica/follower-waited.ts'
import { type IsrAnswer, proposalAnswered } from '../replica/isr-answer.ts'
import type { IsrProposal, LeaderStep } from '../replica/isr-proposal.ts'
import { imageChanged, logMoved, timePassed } from '../replica/leader-events.ts'
import { followerFetched, type ReplicaFetchAnswer } from '../replica/leader-fetch.ts'
import { lowWatermark, mayServe, refuseLatestOffset } from '../replica/leader-questions.ts'
import {
  type Brokers,
  beginToLead,
  type LeaderState,
  type Now,
  type ReplicaSettings,
} from '../replica/leader-state.ts'
import { readReplica } from '../replica/read-replica.ts'
import type { PartitionFetch, ReplicaFetch } from '../replica/replica-fetch.ts'
import type { ReplicaLog } from '../replica/replica-log.ts'

export type ReplicaRoleOptions = {
  readonly nodeId: number
  readonly log: ReplicaLog
  readonly clock: Pick<Clock, 'monotonicMs'>
  /** What this replica was told before: of its checkpoint. */
  readonly highWatermark: number
  readonly brokers: Brokers
  readonly settings: () => ReplicaSettings
  /** Of the ISR; what comes of it is to be told to `proposalAnswered`. */
  readonly propose: (proposal: IsrProposal) => void
  /** The high watermark may have moved, or what is waited for may have another outcome. */
  readonly onMoved: () => void
}

type Role =
  | { readonly type: 'leads'; readonly state: LeaderState }
  | { readonly type: 'follows'; readonly state: FollowerState }
  | { readonly type: 'neither'; readonly highWatermark: number }

/** What this broker is to a partition now, and what follows from each event: all is decided in `replica/`. */
export class ReplicaRole {
  readonly #options: ReplicaRoleOptions
  #role: Role

  constructor(options: ReplicaRoleOptions) {
    this.#options = options
    this.#role = { type: 'neither', highWatermark: options.highWatermark }
  }

  /** Consumers see what is before it. */
  get highWatermark(): number {
    const role = this.#role
    return role.type === 'neither' ? role.highWatermark : role.state.highWatermark
  }

  get isLed(): boolean {
    return this.#leads !== undefined
  }

  /** In which it leads or follows; -1 where it does neither. */
  get leaderEpoch(): number {
    const role = this.#role
    return role.type === 'neither' ? -1 : role.state.leaderEpoch
  }

  /** Whom it follows. */
  get leader(): number | undefined {
    return this.#role.type === 'follows' ? this.#role.state.leader : undefined
  }

  /**
   * The metadata log says so of the partition now; undefined: it is no replica any more.
   *
   * @returns Whether it has another role, or the same in another leader epoch.
   */
  see(partition: PartitionImage | undefined): boolean {
    const { nodeId, log } = this.#options
    const before = this.#role
    if (partition === undefined) return this.#becomeNeither()
    if (before.type === 'leads') {
      const state = imageChanged(before.state, partition, this.#now)
      this.#setLeader(state)
      if (!state.isResigned && state.leaderEpoch === partition.leaderEpoch) return false
    }
    if (before.type === 'follows' && before.state.leaderEpoch === partition.leaderEpoch)
      return false
    const { highWatermark } = this
    if (partition.leader === nodeId) {
      const image = partition
      const state = beginToLead({ brokerId: nodeId, image, highWatermark }, this.#now)
      this.#setLeader(logMoved(state, this.#now))
    } else if (partition.leader !== -1) {
      this.#role = { type: 'follows', state: beginToFollow(partition, { highWatermark }, log) }
    } else return this.#becomeNeither()
    return true
  }

  /** More was written, or made durable. */
  logMoved(): void {
    const role = this.#role
    if (role.type === 'leads') this.#setLeader(logMoved(role.state, this.#now))
    else if (role.type === 'follows') {
      const { log } = this.#options
      this.#role = { type: 'follows', state: followerAppended(role.state, log) }
      this.#options.onMoved()
    }
  }

  /** To be called now and then. */
  timePassed(): void {
    const state = this.#leads
    if (state !== undefined) this.#step(timePassed(state, this.#now))
  }

  /** Why nothing may be appended with acks=all now, if so. */
  refusal(): KafkaError | undefined {
    const state = this.#leads
    return state === undefined ? notLed() : refuseAcksAll(state, this.#now)
  }

  /** What becomes of who waited with acks=all for what is committed now; undefined: all is well. */
  lateRefusal(): KafkaError | undefined {
    const state = this.#leads
    if (state === undefined) return notLed()
    const outcome = acksAllOutcome(state, 0, this.#now)
    return outcome instanceof KafkaError ? outcome : undefined
  }

  mayServe(heard: { controllerHeardMs: number; sessionTimeoutMs: number }): boolean {
    const state = this.#leads
    return state !== undefined && mayServe(state, this.#options.clock.monotonicMs(), heard)
  }

  /** Why consumers may not be told of the high watermark yet, if so. */
  refuseLatestOffset(): KafkaError | undefined {
    const state = this.#leads
    return state === undefined ? notLed() : refuseLatestOffset(state)
  }

  get lowWatermark(): number {
    const state = this.#leads
    return state === undefined ? this.#options.log.logStartOffset : lowWatermark(state, this.#now)
  }

  /** A follower from which a consumer may read as well; undefined where there is none, or it is not led here. */
  readReplica(wanted: Parameters<typeof readReplica>[1]): number | undefined {
    const state = this.#leads
    return state === undefined ? undefined : readReplica(state, wanted)
  }

  /** Other replicas that are fetched by from here. */
  get followers(): Iterable<number> {
    return this.#leads?.followers.keys() ?? []
  }

  /** Those of them that are not in the ISR. */
  get outOfSync(): readonly number[] {
    const state = this.#leads
    if (state === undefined || state.isr.length > state.followers.size) return []
    return [...state.followers.keys()].filter((id) => !state.isr.includes(id))
  }

  /** A follower fetches. */
  followerFetched(fetch: ReplicaFetch): ReplicaFetchAnswer {
    const state = this.#leads
    if (state === undefined) return { type: 'refuse', error: notLed() }
    const { answer, ...step } = followerFetched(state, fetch, this.#now)
    this.#step(step)
    return answer
  }

  /** A follower was still there at a time, and waited for more. */
  followerWaited(follower: Parameters<typeof followerWaited>[1]): void {
    const state = this.#leads
    if (state !== undefined) this.#step(followerWaited(state, follower, this.#now))
  }

  /** @returns The same proposal, if it is to be sent again after a while. */
  proposalAnswered(proposal: IsrProposal, answer: IsrAnswer): IsrProposal | undefined {
    const state = this.#leads
    if (state === undefined) return undefined
    const step = proposalAnswered(state, { proposal, answer }, this.#now)
    this.#setLeader(step.state)
    return step.send
  }

  /** What a follower does next; undefined where it is none. */
  nextTurn(): FollowerTurn | undefined {
    if (this.#role.type !== 'follows') return undefined
    const { state, turn } = nextTurn(this.#role.state, this.#options.log)
    this.#role = { type: 'follows', state }
    return turn
  }

  /** The leader answered a fetch of a turn, or it is known that it will not. */
  fetchAnswered(fetch: PartitionFetch, answer: FetchAnswer): FollowerDecision {
    if (this.#role.type !== 'follows') return { type: 'nothing' }
    const before = this.#role.state
    const { state, decision } = fetchAnswered(before, { fetch, answer }, this.#options.log)
    this.#role = { type: 'follows', state }
    if (state.highWatermark !== before.highWatermark) this.#options.onMoved()
    return decision
  }

  get #leads(): LeaderState | undefined {
    const role = this.#role
    return role.type === 'leads' && !role.state.isResigned ? role.state : undefined
  }

  #becomeNeither(): boolean {
    if (this.#role.type === 'neither') return false
    this.#role = { type: 'neither', highWatermark: this.highWatermark }
    return true
  }

  #step({ state, send }: LeaderStep): void {
    this.#setLeader(state)
    if (send !== undefined) this.#options.propose(send)
  }

  #setLeader(state: LeaderState): void {
    const isSame = this.#role.type === 'leads' && this.#role.state === state
    this.#role = { type: 'leads', state }
    if (!isSame) this.#options.onMoved()
  }

  get #now(): Now {
    const { clock, log, brokers, settings } = this.#options
    return { nowMs: clock.monotonicMs(), log, brokers, settings: settings() }
  }
}

export function notLed(): KafkaError {
  return new KafkaError('NOT_LEADER_OR_FOLLOWER', 'it is not led here')
}
