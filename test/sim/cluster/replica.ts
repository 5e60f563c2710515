import type { MetadataImage } from '../../../broker/metadata/image.ts'
import type { PartitionImage } from '../../../broker/metadata/partition-table.ts'
import { KafkaError } from '../../../broker/protocol/errors.ts'
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
import { mayServe } from '../../../broker/replica/leader-questions.ts'
import { beginToLead, type LeaderState, type Now } from '../../../broker/replica/leader-state.ts'
import type { PartitionFetch, ReplicaFetch } from '../../../broker/replica/replica-fetch.ts'
import type { ReplicaLog } from '../../../broker/replica/replica-log.ts'
import { sleep } from '../../../lib/clock.ts'
import { Violation } from '../core/failure.ts'
import type { Incarnation } from '../core/incarnation.ts'
import { type ReplicaDisk, type Sent, type Stored, sequenced } from './replica-disk.ts'
import { Waiters } from './waiters.ts'

/** What a fetch brings. */
export type Fetched = { readonly answer: FetchAnswer; readonly records: readonly Stored[] }

/** How an append with acks=all ended. */
export type Produced = 'done' | KafkaError['code']

export type ReplicaOptions = {
  readonly brokerId: number
  readonly disk: ReplicaDisk
  readonly flushesAlways: boolean
  readonly minInsyncReplicas: number
  /** How long a fetch waits for something new; of that order is how seldom it looks at the time, and flushes. */
  readonly restMs: number
  /** Of this process; -1 before it has registered. */
  readonly brokerEpoch: () => number
  readonly controllerHeardMs: () => number
  /** @throws Whatever keeps the leader from answering. */
  readonly fetch: (leader: number, fetch: ReplicaFetch) => Promise<Fetched>
  /** Asks the controller. @throws Whatever keeps it from answering. */
  readonly alter: (proposal: IsrProposal) => Promise<IsrAnswer>
  /** It leads, and its high watermark may have moved. */
  readonly onLead: () => void
  readonly observe: ReplicaObserver
}

/** What is told of a replica to whoever looks on from outside. */
export type ReplicaObserver = {
  /** Something was written to the disk, or cut off from it. */
  readonly written: (disk: ReplicaDisk) => void
  /** Whoever leads says that all before it is committed. */
  readonly committed: (disk: ReplicaDisk, highWatermark: number, leaderEpoch: number) => void
  /** What it has is committed, and its leader has something else. */
  readonly setsAside: (why: string) => void
  /** It leads from now on. */
  readonly leads: (disk: ReplicaDisk, partition: PartitionImage) => void
}

type Role =
  | { readonly type: 'leads'; readonly state: LeaderState }
  | { readonly type: 'follows'; readonly state: FollowerState }

/** A replica of a partition in one life of its broker: a thin shell around what decides. */
export class Replica {
  readonly #node: Incarnation
  readonly #options: ReplicaOptions
  readonly #produced = new Waiters<Produced>()
  /** Followers that have all there is. */
  readonly #fetching = new Waiters<Fetched>()
  /** Whoever waits for something to flush. */
  readonly #flushing = new Waiters<true>()
  /** By follower, what it was told last. */
  readonly #toldHighWatermark = new Map<number, number>()
  #image: MetadataImage | undefined
  #role: Role | undefined
  #wake: (() => void) | undefined
  #attempt = 0
  #isClosed = false

  constructor(node: Incarnation, options: ReplicaOptions) {
    this.#node = node
    this.#options = options
    node.start(() => this.#follow())
    node.start(() => this.#lookNowAndThen())
    node.start(() => this.#flushNowAndThen())
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
    this.#produced.settleAll('NOT_LEADER_OR_FOLLOWER')
    this.#fetching.settleAll(notLed)
    this.#role = undefined
    if (partition.leader === brokerId) {
      this.#options.observe.leads(disk, partition)
      this.#lead(beginToLead({ brokerId, image: partition, highWatermark }, this.#now))
    } else if (partition.leader !== -1) {
      this.#role = {
        type: 'follows',
        state: beginToFollow(partition, { highWatermark }, this.#log),
      }
      this.#wake?.()
    }
  }

  /** It is no replica any more. */
  close(): void {
    this.#isClosed = true
    this.#role = undefined
    this.#produced.settleAll('NOT_LEADER_OR_FOLLOWER')
    this.#fetching.settleAll(notLed)
  }

  /** In which it leads; undefined where it does not. */
  get leaderEpoch(): number | undefined {
    return this.#role?.type === 'leads' ? this.#role.state.leaderEpoch : undefined
  }

  get highWatermark(): number {
    return this.#role?.state.highWatermark ?? 0
  }

  /** Whether it leads, and has been heard of lately. */
  get mayServe(): boolean {
    if (this.#role?.type !== 'leads') return false
    const controllerHeardMs = this.#options.controllerHeardMs()
    return mayServe(this.#role.state, this.#now.nowMs, { controllerHeardMs, sessionTimeoutMs })
  }

  /** Why nothing may be appended with acks=all now, if so. */
  get refusal(): KafkaError | undefined {
    if (this.#role?.type !== 'leads' || !this.mayServe) {
      return new KafkaError('NOT_LEADER_OR_FOLLOWER', 'it is not led here')
    }
    return refuseAcksAll(this.#role.state, this.#now)
  }

  /** Appends with acks=all, unless it was appended before. */
  produce(sent: Sent): Promise<Produced> {
    let end: number
    try {
      end = this.append(sent)
    } catch (error) {
      if (error instanceof KafkaError) return Promise.resolve(error.code)
      throw error
    }
    const look = (): Produced | undefined => {
      if (this.#role?.type !== 'leads') return 'NOT_LEADER_OR_FOLLOWER'
      const outcome = acksAllOutcome(this.#role.state, end, this.#now)
      if (outcome === 'waits') return undefined
      return outcome === 'done' ? 'done' : outcome.code
    }
    const produced = look()
    return produced === undefined ? this.#produced.wait(look) : Promise.resolve(produced)
  }

  /** As for acks=all, without waiting for it. @returns The offset behind it. @throws {KafkaError} */
  append(sent: Sent): number {
    const { refusal } = this
    const role: Role | undefined = this.#role
    if (refusal !== undefined || role?.type !== 'leads') throw refusal as KafkaError
    const end = this.#appended(sent, role.state.leaderEpoch)
    this.#lead(logMoved(role.state, this.#now))
    return end
  }

  /** @returns The offset behind it. @throws {KafkaError} What came before it is not there. */
  #appended(sent: Sent, epoch: number): number {
    const { disk } = this.#options
    const batch = sequenced(sent)
    const duplicate = disk.producers.check(batch, { origin: 'client' })
    if (duplicate !== undefined) return duplicate.lastOffset + 1
    disk.append([{ ...sent, epoch }])
    this.#written()
    return disk.records.length
  }

  /** A follower fetches: it is answered once there is something for it, or after a while. */
  serve(fetch: ReplicaFetch): Fetched | Promise<Fetched> {
    const role: Role | undefined = this.#role
    if (role?.type !== 'leads') return notLed
    const { answer, ...step } = followerFetched(role.state, fetch, this.#now)
    this.#step(step)
    if (answer.type === 'refuse') {
      return { answer: { error: answer.error.code, logStartOffset: 0 }, records: [] }
    }
    if (answer.type === 'diverging') {
      return { answer: { divergingEpoch: answer.divergingEpoch }, records: [] }
    }
    const knownHighWatermark = this.#toldHighWatermark.get(fetch.brokerId) ?? -1
    const isNews = () =>
      this.#options.disk.records.length > fetch.fetchOffset ||
      role.state.leaderEpoch !== this.#role?.state.leaderEpoch ||
      this.#role.state.highWatermark > knownHighWatermark
    if (isNews()) return this.#read(fetch)
    const fetched = this.#fetching.wait(() => (isNews() ? this.#read(fetch) : undefined))
    const { clock } = this.#node
    const timer = clock.timer(this.#options.restMs, () =>
      this.#fetching.settle(fetched, this.#read(fetch)),
    )
    void fetched.then(() => timer.cancel())
    return fetched
  }

  #read({ brokerId, fetchOffset }: ReplicaFetch): Fetched {
    if (this.#role?.type !== 'leads') return notLed
    const records = this.#options.disk.records.slice(fetchOffset, fetchOffset + mostAtOnce)
    const { highWatermark } = this.#role.state
    this.#toldHighWatermark.set(brokerId, highWatermark)
    const [first, last] = [records[0], records.at(-1)]
    const answeredMs = this.#now.nowMs
    if (first === undefined || last === undefined) {
      return { answer: { highWatermark, answeredMs, records: undefined }, records: [] }
    }
    const header = {
      baseOffset: fetchOffset,
      firstLeaderEpoch: first.epoch,
      lastLeaderEpoch: last.epoch,
    }
    return { answer: { highWatermark, answeredMs, records: header }, records }
  }

  async #lookNowAndThen(): Promise<void> {
    while (!this.#isClosed) {
      await sleep(this.#node.clock, this.#options.restMs)
      if (this.#isClosed) return
      if (this.#role?.type === 'leads') this.#step(timePassed(this.#role.state, this.#now))
      const { disk } = this.#options
      disk.checkpoint = this.#role?.state.highWatermark ?? disk.checkpoint
    }
  }

  async #flushNowAndThen(): Promise<void> {
    const { flushesAlways, restMs: seldomMs } = this.#options
    const random = this.#node.random('flush')
    while (!this.#isClosed) {
      const restMs = flushesAlways ? 4 + random.below(16) : seldomMs + random.below(8 * seldomMs)
      if (!this.#hasUnflushed) await this.#flushing.wait(() => this.#hasUnflushed || undefined)
      await sleep(this.#node.clock, restMs)
      this.#flush()
    }
  }

  async #follow(): Promise<void> {
    while (!this.#isClosed) {
      const { role } = { role: this.#role }
      const next = role?.type === 'follows' ? nextTurn(role.state, this.#log) : undefined
      if (next === undefined || next.turn.type === 'wait') {
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
        continue
      }
      this.#role = { type: 'follows', state: next.state }
      if (next.turn.type === 'flush') {
        await sleep(this.#node.clock, 2)
        this.#flush()
      } else if (!(await this.#fetch(next.state.leader, next.turn.fetch))) {
        await sleep(this.#node.clock, againMs)
      }
    }
  }

  /** @returns False where it did not help to ask. */
  async #fetch(leader: number, fetch: PartitionFetch): Promise<boolean> {
    const { brokerId } = this.#options
    const asked = { ...fetch, brokerId, brokerEpoch: this.#options.brokerEpoch() }
    let fetched: Fetched
    try {
      fetched = await this.#options.fetch(leader, asked)
    } catch {
      fetched = { answer: { error: 'NETWORK_EXCEPTION', logStartOffset: -1 }, records: [] }
    }
    return this.#fetched(fetch, fetched)
  }

  #fetched(fetch: PartitionFetch, { answer, records }: Fetched): boolean {
    const role: Role | undefined = this.#role
    if (role?.type !== 'follows') return true
    const { disk } = this.#options
    const { state, decision } = fetchAnswered(role.state, { fetch, answer }, this.#log)
    this.#role = { type: 'follows', state }
    if (decision.type === 'append') {
      disk.append(records)
      this.#written()
      this.#role = { type: 'follows', state: followerAppended(state, this.#log) }
    } else if (decision.type === 'truncate') {
      disk.truncate(decision.endOffset)
      this.#written()
    } else if (decision.type === 'set-aside') {
      this.#options.observe.setsAside(decision.message)
      disk.remove()
    } else if (decision.type === 'halt') {
      throw new Violation('Halted', `${this.#node.name}: ${decision.message}`)
    } else if (decision.type === 'begin-anew') {
      throw new Violation('Halted', `${this.#node.name} begins anew, though nothing was deleted`)
    }
    return answer.error === undefined
  }

  get #hasUnflushed(): boolean {
    const { flushedEnd, records } = this.#options.disk
    return flushedEnd < records.length
  }

  #flush(): void {
    if (!this.#hasUnflushed) return
    this.#options.disk.flush()
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
    await sleep(this.#node.clock, 2 * againMs)
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
    const { highWatermark, leaderEpoch, isResigned } = state
    if (!isResigned) this.#options.observe.committed(this.#options.disk, highWatermark, leaderEpoch)
    this.#produced.look()
    this.#fetching.look()
    this.#options.onLead()
  }

  #written(): void {
    this.#options.observe.written(this.#options.disk)
    this.#flushing.look()
  }

  get #log(): ReplicaLog {
    return this.#options.disk.log(this.#options)
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

const notLed: Fetched = {
  answer: { error: 'NOT_LEADER_OR_FOLLOWER', logStartOffset: 0 },
  records: [],
}
const sessionTimeoutMs = 1_500
const mostAtOnce = 20
const againMs = 100
