import { LeaderEpochs } from '../../../broker/log/leader-epochs.ts'
import type { MetadataImage } from '../../../broker/metadata/image.ts'
import type { PartitionImage } from '../../../broker/metadata/partition-table.ts'
import type { KafkaError } from '../../../broker/protocol/errors.ts'
import { acksAllOutcome, refuseAcksAll } from '../../../broker/replica/acks-all.ts'
import { type FetchAnswer, fetchAnswered } from '../../../broker/replica/follower-answer.ts'
import {
  beginToFollow,
  type FollowerState,
  followerAppended,
  nextTurn,
} from '../../../broker/replica/follower-state.ts'
import { type IsrAnswer, proposalAnswered } from '../../../broker/replica/isr-answer.ts'
import type { IsrProposal, LeaderStep } from '../../../broker/replica/isr-proposal.ts'
import { imageChanged, logMoved, timePassed } from '../../../broker/replica/leader-events.ts'
import { followerFetched } from '../../../broker/replica/leader-fetch.ts'
import { beginToLead, type LeaderState, type Now } from '../../../broker/replica/leader-state.ts'
import type { PartitionFetch, ReplicaFetch } from '../../../broker/replica/replica-fetch.ts'
import type { ReplicaLog } from '../../../broker/replica/replica-log.ts'
import { sleep } from '../../../lib/clock.ts'
import { Violation } from '../core/failure.ts'
import type { Incarnation } from '../core/incarnation.ts'
import type { ReplicaDisk, Stored } from './replica-disk.ts'

/** What a fetch brings. */
export type Fetched = { readonly answer: FetchAnswer; readonly records: readonly Stored[] }

/** How an append with acks=all ended. */
export type Produced = 'done' | KafkaError['code']

export type ReplicaOptions = {
  readonly brokerId: number
  readonly disk: ReplicaDisk
  readonly flushesAlways: boolean
  readonly minInsyncReplicas: number
  /** Of this process; -1 before it has registered. */
  readonly brokerEpoch: () => number
  /** @throws Whatever keeps the leader from answering. */
  readonly fetch: (leader: number, fetch: ReplicaFetch) => Promise<Fetched>
  /** Asks the controller. @throws Whatever keeps it from answering. */
  readonly alter: (proposal: IsrProposal) => Promise<IsrAnswer>
  readonly observe: {
    /** Something was written to the disk, or cut off from it. */
    readonly written: (disk: ReplicaDisk) => void
    /** Whoever leads says that all before it is committed. */
    readonly committed: (disk: ReplicaDisk, highWatermark: number) => void
    /** It leads from now on. */
    readonly leads: (disk: ReplicaDisk, leaderEpoch: number) => void
  }
}

type Role =
  | { readonly type: 'leads'; readonly state: LeaderState }
  | { readonly type: 'follows'; readonly state: FollowerState }

type Waiting = { readonly end: number; readonly answer: (produced: Produced) => void }

/** A replica of a partition in one life of its broker: a thin shell around what decides. */
export class Replica {
  readonly #node: Incarnation
  readonly #options: ReplicaOptions
  #image: MetadataImage | undefined
  #role: Role | undefined
  #waiting: Waiting[] = []
  #attempt = 0

  constructor(node: Incarnation, options: ReplicaOptions) {
    this.#node = node
    this.#options = options
    node.start(() => this.#run())
  }

  /** The metadata log says so of the partition now. */
  see(partition: PartitionImage, image: MetadataImage): void {
    this.#image = image
    const role: Role | undefined = this.#role
    if (role?.type === 'leads') {
      this.#lead(imageChanged(role.state, partition, this.#now))
      const after = this.#role as Role & { type: 'leads' }
      if (!after.state.isResigned && partition.leaderEpoch === after.state.leaderEpoch) return
    }
    if (role?.type === 'follows' && role.state.leaderEpoch === partition.leaderEpoch) return
    const { brokerId, disk } = this.#options
    const highWatermark = this.#role?.state.highWatermark ?? disk.checkpoint
    for (const { answer } of this.#waiting) answer('NOT_LEADER_OR_FOLLOWER')
    this.#waiting = []
    this.#role = undefined
    if (partition.leader === brokerId) {
      this.#options.observe.leads(disk, partition.leaderEpoch)
      this.#lead(beginToLead({ brokerId, image: partition, highWatermark }, this.#now))
    } else if (partition.leader !== -1) {
      this.#role = { type: 'follows', state: beginToFollow(partition, { highWatermark }) }
    }
  }

  /** Appends with acks=all. */
  produce(value: string): Promise<Produced> {
    const role: Role | undefined = this.#role
    if (role?.type !== 'leads') return Promise.resolve('NOT_LEADER_OR_FOLLOWER')
    const refusal = refuseAcksAll(role.state, this.#now)
    if (refusal !== undefined) return Promise.resolve(refusal.code)
    const { disk } = this.#options
    disk.records.push({ epoch: role.state.leaderEpoch, value })
    this.#written()
    return new Promise((answer) => {
      this.#waiting.push({ end: disk.records.length, answer })
      this.#lead(logMoved(role.state, this.#now))
    })
  }

  /** A follower fetches. */
  serve(fetch: ReplicaFetch): Fetched {
    const none: readonly Stored[] = []
    const role: Role | undefined = this.#role
    if (role?.type !== 'leads') {
      const error = 'NOT_LEADER_OR_FOLLOWER' as const
      return { answer: { error, logStartOffset: 0 }, records: none }
    }
    const { answer, ...step } = followerFetched(role.state, fetch, this.#now)
    this.#step(step)
    if (answer.type === 'refuse') {
      return { answer: { error: answer.error.code, logStartOffset: 0 }, records: none }
    }
    if (answer.type === 'diverging') {
      return { answer: { divergingEpoch: answer.divergingEpoch }, records: none }
    }
    const { records: all } = this.#options.disk
    const records = all.slice(fetch.fetchOffset, fetch.fetchOffset + mostAtOnce)
    const highWatermark = this.#role?.state.highWatermark ?? 0
    const [first, last] = [records[0], records.at(-1)]
    if (first === undefined || last === undefined) {
      return { answer: { highWatermark, records: undefined }, records: none }
    }
    const header = {
      baseOffset: fetch.fetchOffset,
      firstLeaderEpoch: first.epoch,
      lastLeaderEpoch: last.epoch,
    }
    return { answer: { highWatermark, records: header }, records }
  }

  async #run(): Promise<void> {
    const { clock } = this.#node
    for (;;) {
      const { disk } = this.#options
      if (this.#role?.type === 'leads') {
        this.#flush()
        if (this.#role.type === 'leads') this.#step(timePassed(this.#role.state, this.#now))
      } else if (this.#role?.type === 'follows') await this.#follow(this.#role.state)
      disk.checkpoint = Math.max(disk.checkpoint, this.#role?.state.highWatermark ?? 0)
      await sleep(clock, turnMs)
    }
  }

  async #follow(before: FollowerState): Promise<void> {
    const { state, turn } = nextTurn(before, this.#log)
    this.#role = { type: 'follows', state }
    if (turn.type === 'flush') this.#flush()
    if (turn.type !== 'fetch') return
    const { fetch } = turn
    const { brokerId } = this.#options
    const asked = { ...fetch, brokerId, brokerEpoch: this.#options.brokerEpoch() }
    try {
      const fetched = await this.#options.fetch(state.leader, asked)
      this.#fetched(fetch, fetched)
    } catch {
      const answer: FetchAnswer = { error: 'NETWORK_EXCEPTION', logStartOffset: -1 }
      this.#fetched(fetch, { answer, records: [] })
    }
  }

  #fetched(fetch: PartitionFetch, { answer, records }: Fetched): void {
    const role: Role | undefined = this.#role
    if (role?.type !== 'follows') return
    const { disk } = this.#options
    const { state, decision } = fetchAnswered(role.state, { fetch, answer }, this.#log)
    this.#role = { type: 'follows', state }
    if (decision.type === 'append') {
      disk.records.push(...records)
      this.#written()
      this.#role = { type: 'follows', state: followerAppended(state, this.#log) }
    } else if (decision.type === 'truncate') {
      disk.records.length = decision.endOffset
      disk.flushedEnd = Math.min(disk.flushedEnd, decision.endOffset)
      this.#written()
    } else if (decision.type === 'halt') {
      throw new Violation('Halted', `${this.#node.name}: ${decision.message}`)
    } else if (decision.type === 'begin-anew') {
      throw new Violation('Halted', `${this.#node.name} begins anew, though nothing was deleted`)
    }
  }

  #flush(): void {
    const { disk } = this.#options
    if (disk.flushedEnd === disk.records.length) return
    disk.flushedEnd = disk.records.length
    if (this.#role?.type === 'leads') this.#lead(logMoved(this.#role.state, this.#now))
  }

  #step({ state, send }: LeaderStep): void {
    this.#lead(state)
    if (send !== undefined) void this.#propose(send)
  }

  /** Only the answer to the last attempt counts: another may have been refused, and done later. */
  async #propose(proposal: IsrProposal): Promise<void> {
    this.#attempt += 1
    const attempt = this.#attempt
    let answer: IsrAnswer
    try {
      answer = await this.#options.alter(proposal)
    } catch {
      answer = { error: 'NETWORK_EXCEPTION' }
    }
    if (attempt !== this.#attempt || this.#role?.type !== 'leads') return
    const { state, send } = proposalAnswered(this.#role.state, { proposal, answer }, this.#now)
    this.#lead(state)
    if (send === undefined) return
    await sleep(this.#node.clock, againMs)
    const role: Role | undefined = this.#role
    if (role?.type === 'leads' && role.state.pending?.proposal === send) void this.#propose(send)
  }

  #lead(state: LeaderState): void {
    const before = this.#role?.type === 'leads' ? this.#role.state : undefined
    const isSame = before?.leaderEpoch === state.leaderEpoch
    if (isSame && state.highWatermark < before.highWatermark) {
      const words = `${before.highWatermark} to ${state.highWatermark}`
      throw new Violation('HighWatermarkBack', `${this.#node.name}: ${words}`)
    }
    this.#role = { type: 'leads', state }
    if (!state.isResigned) this.#options.observe.committed(this.#options.disk, state.highWatermark)
    const still: Waiting[] = []
    for (const waiting of this.#waiting) {
      const outcome = acksAllOutcome(state, waiting.end, this.#now)
      if (outcome === 'waits') still.push(waiting)
      else waiting.answer(outcome === 'done' ? 'done' : outcome.code)
    }
    this.#waiting = still
  }

  #written(): void {
    this.#options.observe.written(this.#options.disk)
  }

  get #log(): ReplicaLog {
    const { disk, flushesAlways } = this.#options
    const { records, flushedEnd } = disk
    const epochs = new LeaderEpochs()
    records.forEach(({ epoch }, offset) => epochs.assign(epoch, offset))
    return {
      logStartOffset: 0,
      logEndOffset: records.length,
      countedEndOffset: flushesAlways ? flushedEnd : records.length,
      epochs: records.length === 0 ? undefined : epochs,
    }
  }

  get #now(): Now {
    const { minInsyncReplicas } = this.#options
    return {
      nowMs: this.#node.clock.monotonicMs(),
      log: this.#log,
      brokers: (id) => this.#image?.brokers.get(id),
      settings: { minInsyncReplicas, replicaLagTimeMaxMs: 2_000 },
    }
  }
}

const mostAtOnce = 20
const turnMs = 50
const againMs = 200
