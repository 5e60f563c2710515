import { LeaderEpochs } from '../../../../broker/log/leader-epochs.ts'
import { acksAllOutcome, refuseAcksAll } from '../../../../broker/replica/acks-all.ts'
import { type FetchAnswer, fetchAnswered } from '../../../../broker/replica/follower-answer.ts'
import {
  beginToFollow,
  type FollowerState,
  followerAppended,
  nextTurn,
} from '../../../../broker/replica/follower-state.ts'
import { proposalAnswered } from '../../../../broker/replica/isr-answer.ts'
import type { LeaderStep } from '../../../../broker/replica/isr-proposal.ts'
import { imageChanged, logMoved, timePassed } from '../../../../broker/replica/leader-events.ts'
import { followerFetched } from '../../../../broker/replica/leader-fetch.ts'
import { beginToLead, type LeaderState, type Now } from '../../../../broker/replica/leader-state.ts'
import type { ReplicaFetch } from '../../../../broker/replica/replica-fetch.ts'
import type { ReplicaLog } from '../../../../broker/replica/replica-log.ts'
import { minInsyncReplicas, type View } from './controller.ts'
import type { Message, Network } from './network.ts'

/** A batch of one record. Its offset is its place in the log. */
export type Stored = { readonly epoch: number; readonly value: number }

type Role =
  | { readonly type: 'leads'; readonly state: LeaderState }
  | { readonly type: 'follows'; readonly state: FollowerState }

/** One process of a broker, with its disk: a thin shell around what decides. */
export class Broker {
  readonly id: number
  /** Of this process. */
  epoch: number
  records: Stored[] = []
  flushedEnd = 0
  /** How many views of the controller it has seen. */
  seen = 0
  role: Role | undefined
  view: View
  /** As it would find it after a crash. */
  checkpoint = 0
  /** Ends of those that wait with acks=all, in this role. */
  waiting: number[] = []
  /** Of the last proposal that was sent. */
  attempt = 0
  private readonly network: Network
  private readonly flushesAlways: boolean

  constructor(id: number, view: View, network: Network, flushesAlways: boolean) {
    this.id = id
    this.epoch = 100 + id
    this.view = view
    this.network = network
    this.flushesAlways = flushesAlways
  }

  get highWatermark(): number {
    return this.role?.state.highWatermark ?? 0
  }

  get log(): ReplicaLog {
    const { records, flushedEnd } = this
    const epochs = new LeaderEpochs()
    records.forEach(({ epoch }, offset) => epochs.assign(epoch, offset))
    return {
      logStartOffset: 0,
      logEndOffset: records.length,
      countedEndOffset: this.flushesAlways ? flushedEnd : records.length,
      epochs: records.length === 0 ? undefined : epochs,
    }
  }

  see(view: View): void {
    this.view = view
    const { image } = view
    const { role, id } = this
    if (role?.type === 'leads') {
      this.lead(imageChanged(role.state, image, this.now))
      if (!role.state.isResigned && image.leaderEpoch === role.state.leaderEpoch) return
    }
    if (role?.type === 'follows' && role.state.leaderEpoch === image.leaderEpoch) return
    const highWatermark = this.role === undefined ? this.checkpoint : this.highWatermark
    this.waiting = []
    if (image.leader === id) {
      this.lead(beginToLead({ brokerId: id, image, highWatermark }, this.now))
    } else if (image.leader !== -1) {
      this.role = { type: 'follows', state: beginToFollow(image, { highWatermark }, this.log) }
    }
  }

  append(value: number): void {
    if (this.role?.type !== 'leads') return
    const { state } = this.role
    if (refuseAcksAll(state, this.now) !== undefined) return
    this.records.push({ epoch: state.leaderEpoch, value })
    this.waiting.push(this.records.length)
    this.lead(logMoved(state, this.now))
  }

  flush(): void {
    this.flushedEnd = this.records.length
    if (this.role?.type === 'leads') this.lead(logMoved(this.role.state, this.now))
  }

  timePasses(): void {
    this.checkpoint = Math.max(this.checkpoint, this.highWatermark)
    if (this.role?.type === 'leads') this.step(timePassed(this.role.state, this.now))
  }

  fetch(): void {
    if (this.role?.type !== 'follows') return
    const { state, turn } = nextTurn(this.role.state, this.log)
    this.role = { type: 'follows', state }
    if (turn.type === 'flush') this.flush()
    if (turn.type !== 'fetch') return
    const fetch = turn.fetch
    this.network.send({ type: 'fetch', to: state.leader, from: this.id, epoch: this.epoch, fetch })
  }

  /** Waits no longer for answers. */
  giveUp(): void {
    const { role } = this
    const error = 'NETWORK_EXCEPTION'
    if (role?.type === 'leads' && role.state.pending !== undefined) {
      const { proposal } = role.state.pending
      this.step(proposalAnswered(role.state, { proposal, answer: { error } }, this.now))
    } else if (role?.type === 'follows' && role.state.asked !== undefined) {
      const answer: FetchAnswer = { error, logStartOffset: -1 }
      const fetch = role.state.asked
      const { state } = fetchAnswered(role.state, { fetch, answer }, this.log)
      this.role = { type: 'follows', state }
    }
  }

  /** Another process comes up with what is left on the disk. */
  restart(epoch: number, { endOffset }: { endOffset: number }): void {
    this.checkpoint = Math.min(this.checkpoint, endOffset)
    this.records.length = endOffset
    this.flushedEnd = endOffset // opening the log after a crash flushes it
    this.epoch = epoch
    this.role = undefined
    this.waiting = []
    this.attempt = 0
  }

  onFetch({ from, epoch, fetch }: Message<'fetch'>): void {
    const asked: ReplicaFetch = { ...fetch, brokerId: from, brokerEpoch: epoch }
    const reply = (answer: FetchAnswer, records: readonly Stored[] = []) =>
      this.network.send({ type: 'fetched', to: from, epoch, fetch, answer, records })
    const refusal = { logStartOffset: 0 }
    if (this.role?.type !== 'leads') return reply({ error: 'NOT_LEADER_OR_FOLLOWER', ...refusal })
    const { answer, ...step } = followerFetched(this.role.state, asked, this.now)
    this.step(step)
    if (answer.type === 'refuse') return reply({ error: answer.error.code, ...refusal })
    if (answer.type === 'diverging') return reply({ divergingEpoch: answer.divergingEpoch })
    const records = this.records.slice(fetch.fetchOffset, fetch.fetchOffset + 3)
    const { highWatermark } = this
    const [first, last] = [records[0], records.at(-1)]
    if (first === undefined || last === undefined)
      return reply({ highWatermark, answeredMs: 0, records: undefined })
    const header = {
      baseOffset: fetch.fetchOffset,
      firstLeaderEpoch: first.epoch,
      lastLeaderEpoch: last.epoch,
    }
    return reply({ highWatermark, answeredMs: 0, records: header }, records)
  }

  onFetched({ epoch, fetch, answer, records }: Message<'fetched'>): void {
    if (epoch !== this.epoch || this.role?.type !== 'follows') return
    const { state, decision } = fetchAnswered(this.role.state, { fetch, answer }, this.log)
    this.role = { type: 'follows', state }
    if (decision.type === 'append') {
      this.records.push(...records)
      this.role = { type: 'follows', state: followerAppended(state, this.log) }
    } else if (decision.type === 'truncate') {
      this.records.length = decision.endOffset
      this.flushedEnd = Math.min(this.flushedEnd, decision.endOffset)
    } else if (['halt', 'begin-anew', 'set-aside'].includes(decision.type)) {
      throw new Error(`broker ${this.id} has to ${JSON.stringify(decision)}`)
    }
  }

  onAltered({ epoch, attempt, proposal, answer }: Message<'altered'>): void {
    if (epoch !== this.epoch || attempt !== this.attempt || this.role?.type !== 'leads') return
    // What is to be sent again is sent when `giveUp` comes.
    const { state } = proposalAnswered(this.role.state, { proposal, answer }, this.now)
    this.lead(state)
  }

  /** Those that are answered now, by their end; nobody hears of others. */
  takeAcknowledged(): number[] {
    if (this.role?.type !== 'leads') return []
    const { state } = this.role
    const outcomes = this.waiting.map((end) => [end, acksAllOutcome(state, end, this.now)] as const)
    this.waiting = outcomes.filter(([, outcome]) => outcome === 'waits').map(([end]) => end)
    return outcomes.filter(([, outcome]) => outcome === 'done').map(([end]) => end)
  }

  private get now(): Now {
    const { brokers } = this.view
    return {
      nowMs: this.network.nowMs,
      log: this.log,
      brokers: (id) => {
        const broker = brokers.get(id)
        return broker && { ...broker, inControlledShutdown: false }
      },
      settings: { minInsyncReplicas, replicaLagTimeMaxMs: 1_000 },
    }
  }

  private step({ state, send: proposal }: LeaderStep): void {
    this.lead(state)
    if (proposal === undefined) return
    this.attempt += 1
    const { id: from, epoch, attempt } = this
    this.network.send({ type: 'alter', from, epoch, attempt, proposal })
  }

  private lead(state: LeaderState): void {
    this.role = { type: 'leads', state }
  }
}
