import type { Clock } from '../../lib/clock.ts'
import { invariant } from '../../lib/invariant.ts'
import { StorageError } from '../../lib/storage-error.ts'
import type { TopicPartition } from '../log/data-directory/partition-name.ts'
import { appendAsFollower } from '../log/follower-append.ts'
import { type AppendResult, appendAsLeader } from '../log/leader-append.ts'
import type { LogSlice, PartitionLog } from '../log/partition-log.ts'
import type { AbortedTransaction } from '../log/transaction-index.ts'
import type { PartitionImage } from '../metadata/partition-table.ts'
import { KafkaError } from '../protocol/errors.ts'
import type { IsrProposal } from '../replica/isr-proposal.ts'
import type { Brokers, ReplicaSettings } from '../replica/leader-state.ts'
import { replicaLogOf } from './replica-log-of.ts'
import { notLed, ReplicaRole } from './replica-role.ts'
import type { TopicTraffic } from './traffic.ts'
import { WaitingAppends } from './waiting-appends.ts'

/** How far a batch has to get before its producer is answered; -1 is all in-sync replicas. */
export type Acks = 0 | 1 | -1

type AppendOptions = { readonly acks: Acks; readonly timeoutMs: number }

/** What a reader gets to see: all that is committed, or no transaction that may yet be aborted. */
export type Isolation = 'read_uncommitted' | 'read_committed'

export type PartitionOptions = TopicPartition & {
  readonly topicId: string
  readonly nodeId: number
  readonly log: PartitionLog
  readonly clock: Clock
  /** What this replica was told before: of its checkpoint. */
  readonly highWatermark: number
  readonly brokers: Brokers
  readonly settings: () => ReplicaSettings
  /** Of the ISR, to be brought to the controller. */
  readonly propose: (proposal: IsrProposal) => void
  /** Counts what goes through it. */
  readonly traffic: TopicTraffic
  /** Is told of each append: it makes them durable when it is time. */
  readonly flusher: { appended(log: PartitionLog): void }
  /** Makes durable where the log begins. @throws {StorageError} */
  readonly keepStart: () => Promise<void>
  /** The log is offline from now on. */
  readonly onFailed: (problem: StorageError) => void
}

/** One partition on a broker that has a replica of it. Offsets are exclusive ends. */
export class Partition {
  readonly topic: string
  readonly topicId: string
  readonly partition: number
  readonly log: PartitionLog
  readonly traffic: TopicTraffic
  /** Whether this broker leads or follows, and what comes of it. */
  readonly role: ReplicaRole
  private readonly clock: Clock
  private readonly flusher: PartitionOptions['flusher']
  private readonly keepStart: PartitionOptions['keepStart']
  private readonly appends: WaitingAppends
  /** While somebody waits for one. */
  private deletions: WaitingAppends | undefined
  private readonly readers = new Set<() => void>()
  private readonly fetching = new Set<() => void>()
  private committed: number

  constructor(options: PartitionOptions) {
    const { topic, topicId, partition, log, clock, flusher } = options
    this.traffic = options.traffic
    this.topic = topic
    this.topicId = topicId
    this.partition = partition
    this.log = log
    this.clock = clock
    this.flusher = flusher
    this.keepStart = options.keepStart
    this.appends = new WaitingAppends(clock)
    this.committed = options.highWatermark
    this.role = new ReplicaRole({
      ...options,
      log: replicaLogOf(log),
      onMoved: () => this.moved(),
    })
    log.listener = {
      written: () => {
        this.flusher.appended(log)
        this.advance()
      },
      failed: (problem) => {
        options.onFailed(problem)
        this.giveUp(() => storageFailed(problem))
      },
    }
  }

  /** In which it is led, here or elsewhere. */
  get leaderEpoch(): number {
    return this.role.leaderEpoch
  }

  /** Consumers see what is before it. It never moves back. */
  get highWatermark(): number {
    return this.committed
  }

  /** First offset of an open transaction, or the high watermark. */
  get lastStableOffset(): number {
    const { logStartOffset, known } = this.log
    const { committed: highWatermark } = this
    return known?.producers.lastStableOffset({ logStartOffset, highWatermark }) ?? highWatermark
  }

  endFor(isolation: Isolation): number {
    return isolation === 'read_committed' ? this.lastStableOffset : this.highWatermark
  }

  /**
   * Whether a client knows the same leader epoch; -1 for one that does not say.
   *
   * @throws {KafkaError} FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH (KIP-320)
   */
  checkLeaderEpoch(known: number): void {
    if (known === -1 || known === this.leaderEpoch) return
    const code = known < this.leaderEpoch ? 'FENCED_LEADER_EPOCH' : 'UNKNOWN_LEADER_EPOCH'
    throw new KafkaError(code, `leader epoch ${known}, it is ${this.leaderEpoch}`)
  }

  /** The last offset of an epoch or of the one before it; -1 and -1 where nobody can tell. */
  endOffsetFor(leaderEpoch: number): { epoch: number; endOffset: number } {
    const { logEndOffset, known } = this.log
    if (leaderEpoch === this.leaderEpoch)
      return { epoch: this.leaderEpoch, endOffset: logEndOffset }
    const end = known?.epochs.endOffsetFor({ epoch: leaderEpoch, logEndOffset }) ?? unknownEnd
    if (end.epoch >= 0 || leaderEpoch < 0 || leaderEpoch > this.leaderEpoch) return end
    // Nothing was appended in it, nor since: it ended where this leader began.
    return { epoch: known?.epochs.latest?.epoch ?? leaderEpoch, endOffset: logEndOffset }
  }

  /** Leader epoch of the record at an offset, of the next one at the end of the log, or -1. */
  epochAt(offset: number): number {
    if (offset === this.log.logEndOffset) return this.leaderEpoch
    return this.log.known?.epochs.epochForOffset(offset) ?? -1
  }

  /**
   * Appends what producers sent. Batches are kept as they are: nobody may write to them again.
   *
   * @returns For each what became of it, once `acks` is fulfilled for all that were appended. With 0
   *   nobody waits, but what is not written yet takes memory, and who sends it is to be held up.
   * @throws {KafkaError} KAFKA_STORAGE_ERROR, NOT_LEADER_OR_FOLLOWER, NOT_ENOUGH_REPLICAS; REQUEST_TIMED_OUT
   *   and NOT_ENOUGH_REPLICAS_AFTER_APPEND, after which the batches may be committed yet.
   */
  async append(batches: readonly Uint8Array[], options: AppendOptions): Promise<AppendResult[]> {
    return this.appendOrWait(batches, options)
  }

  /** As `append`, but without a promise where nothing is to be waited for, as most often. */
  appendOrWait(
    batches: readonly Uint8Array[],
    { acks, timeoutMs }: AppendOptions,
  ): AppendResult[] | Promise<AppendResult[]> {
    const results = this.appendNow(batches, acks)
    let nextOffset = 0
    for (const result of results) {
      if (!('error' in result)) nextOffset = Math.max(nextOffset, result.nextOffset)
    }
    const end = acks === -1 ? 'committed' : 'written'
    const reached = end === 'written' ? this.log.logEndOffset : this.committed
    if (reached >= nextOffset) return results
    return this.appends.add(end, nextOffset, timeoutMs).then(() => results)
  }

  /**
   * Appends a batch of this broker's own, as one of a producer with acks=all. `untilCommitted` tells
   * when it is.
   *
   * @returns Where it ends.
   * @throws {KafkaError} Why it was not appended; after KAFKA_STORAGE_ERROR nobody knows.
   */
  appendOwn(batch: Uint8Array): number {
    const [result] = this.appendNow([batch], -1)
    invariant(result !== undefined, 'each batch has its result')
    if ('error' in result) throw result.error
    return result.nextOffset
  }

  /**
   * Appends what was fetched from the leader.
   *
   * @returns Whether it is written by then; else see `log.written`.
   * @throws {KafkaError} As of `appendAsFollower`. @throws {StorageError} The log is offline.
   */
  appendFetched(bytes: Uint8Array, nowMs: number): boolean {
    const { log } = this
    appendAsFollower(log, bytes, { nowMs })
    this.flusher.appended(log)
    this.advance()
    return log.logEndOffset === log.nextOffset
  }

  /**
   * Batches for a follower, committed or not, from the one that holds `offset` on.
   *
   * @throws {KafkaError} OFFSET_OUT_OF_RANGE, KAFKA_STORAGE_ERROR
   */
  readAsLeader(offset: number, maxBytes: number): LogSlice {
    return this.onDisk(() => this.log.read(offset, { maxBytes }))
  }

  /**
   * Settles once all before an offset is committed; undefined where it is already.
   *
   * @throws {KafkaError} As of `append`, by a promise.
   */
  untilCommitted(offset: number, timeoutMs: number): Promise<void> | undefined {
    if (this.committed >= offset) return undefined
    if (!this.role.isLed) return Promise.reject(notLed())
    return this.appends.add('committed', offset, timeoutMs)
  }

  /**
   * Batches that a consumer may see, from the one that holds `offset` on.
   *
   * @param options.maxBytes The first batch comes even if it is larger.
   * @throws {KafkaError} OFFSET_OUT_OF_RANGE, KAFKA_STORAGE_ERROR
   */
  read(offset: number, options: { maxBytes: number; isolation: Isolation }): LogSlice {
    const { maxBytes, isolation } = options
    return this.onDisk(() => this.log.read(offset, { maxBytes, endOffset: this.endFor(isolation) }))
  }

  /**
   * Has nothing before an offset read again (KIP-107), whatever becomes of this process. What was
   * never to be deleted, but compacted, stays.
   *
   * @param offset -1 is the high watermark.
   * @returns The low watermark, once all replicas that are alive begin there or later.
   * @throws {KafkaError} POLICY_VIOLATION, OFFSET_OUT_OF_RANGE, NOT_LEADER_OR_FOLLOWER,
   *   KAFKA_STORAGE_ERROR; REQUEST_TIMED_OUT, though they are gone here.
   */
  async deleteRecordsBefore(offset: number, timeoutMs: number): Promise<number> {
    this.checkLed()
    const { log, topic, partition } = this
    const { isCompacted, isDeleted } = log.config
    if (isCompacted && !isDeleted) {
      const message = `records of ${topic}-${partition} are not deleted: its cleanup.policy is compact`
      throw new KafkaError('POLICY_VIOLATION', message)
    }
    const start = offset === -1 ? this.highWatermark : offset
    if (start < 0 || start > this.highWatermark) {
      const message = `${start} is not within 0 and the high watermark ${this.highWatermark}`
      throw new KafkaError('OFFSET_OUT_OF_RANGE', message)
    }
    try {
      const removed = log.moveStartTo(start)
      this.wakeReaders() // who waits for records before it hears that they are gone
      await Promise.all([removed, this.keepStart()])
    } catch (error) {
      throw error instanceof StorageError ? storageFailed(error) : error
    }
    this.checkLed()
    if (this.role.lowWatermark < start) {
      this.deletions ??= new WaitingAppends(this.clock)
      await this.deletions.add('deleted', start, timeoutMs)
    }
    return this.role.lowWatermark
  }

  /** Those that lie in what is read from an offset on. */
  abortedTransactions(fetchOffset: number): AbortedTransaction[] {
    const upperBoundOffset = this.lastStableOffset
    return this.onDisk(() => this.log.abortedTransactions({ fetchOffset, upperBoundOffset }))
  }

  /**
   * Calls `wake` each time when there may be more to read, or it is not led here any more.
   *
   * @returns Ends that.
   */
  watch(wake: () => void): () => void {
    this.readers.add(wake)
    return () => void this.readers.delete(wake)
  }

  /** To be called when more of the log was written or made durable. */
  advance(): void {
    this.role.logMoved()
    if (this.appends.count > 0) this.answerAppends()
    for (const wake of this.fetching) wake()
  }

  /** The metadata log says so of it now; undefined: it is no replica any more. */
  see(image: PartitionImage | undefined): void {
    if (this.role.see(image)) this.giveUp(notLed)
    else if (this.appends.count > 0) this.answerAppends()
  }

  /** Other replicas are alive again, or not any more. */
  brokersChanged(): void {
    // Whoever was about to join may not any more: then it is not waited for.
    if (this.role.outOfSync.length > 0) this.role.logMoved()
    this.answerDeletions()
  }

  /** Nothing is led or followed here any more. */
  resign(): void {
    this.see(undefined)
  }

  /** As `watch`, for a follower, which is to have what is not committed yet, too. */
  watchAsFollower(wake: () => void): () => void {
    this.fetching.add(wake)
    return () => void this.fetching.delete(wake)
  }

  /** Has who waits for more look again. */
  wakeReaders(): void {
    for (const wake of this.readers) wake()
    for (const wake of this.fetching) wake()
  }

  private appendNow(batches: readonly Uint8Array[], acks: Acks): AppendResult[] {
    this.checkLed()
    const refusal = acks === -1 ? this.role.refusal() : undefined
    if (refusal !== undefined) throw refusal
    const { log, leaderEpoch } = this
    const results = this.onDisk(() =>
      appendAsLeader(log, batches, { leaderEpoch, nowMs: this.clock.nowMs() }),
    )
    this.flusher.appended(log)
    this.advance()
    return results
  }

  private checkLed(): void {
    if (!this.role.isLed) throw notLed()
  }

  /** The high watermark may have moved. */
  private moved(): void {
    this.answerDeletions()
    const { highWatermark } = this.role
    if (highWatermark === this.committed) return
    this.committed = highWatermark
    if (this.appends.count > 0) this.answerAppends()
    this.log.known?.producers.onHighWatermarkUpdated(highWatermark)
    this.wakeReaders()
  }

  private answerAppends(): void {
    const { committed, log } = this
    this.appends.advance({ written: log.logEndOffset, committed }, this.role.lateRefusal())
  }

  private answerDeletions(): void {
    // One that leads no more knows nothing of others, and those who wait are about to hear of that.
    if (this.deletions === undefined || !this.role.isLed) return
    this.deletions.advance({ deleted: this.role.lowWatermark })
    if (this.deletions.count === 0) this.deletions = undefined
  }

  /** @param why Made only for those who wait: of most of many partitions there are none. */
  private giveUp(why: () => KafkaError): void {
    if (this.appends.count > 0) this.appends.rejectAll(why())
    this.deletions?.rejectAll(why())
    this.deletions = undefined
    this.wakeReaders()
  }

  /** Does what the disk may refuse. */
  private onDisk<T>(act: () => T): T {
    try {
      return act()
    } catch (error) {
      throw error instanceof StorageError ? storageFailed(error) : error
    }
  }
}

const unknownEnd = { epoch: -1, endOffset: -1 }

/** What a client hears of a log that is offline. */
export function storageFailed(problem: StorageError): KafkaError {
  return new KafkaError('KAFKA_STORAGE_ERROR', problem.message, { cause: problem })
}
