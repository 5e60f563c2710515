import type { Clock } from '../../lib/clock.ts'
import type { TopicPartition } from '../log/data-directory/partition-name.ts'
import { type Appended, appendAsLeader } from '../log/leader-append.ts'
import type { Flusher } from '../log/maintenance/flusher.ts'
import type { MaintainedLog } from '../log/maintenance/maintained-log.ts'
import type { LogListener, LogSlice, PartitionLog } from '../log/partition-log.ts'
import type { StorageError } from '../log/storage-error.ts'
import type { PartitionImage } from '../metadata/partition-table.ts'
import { KafkaError } from '../protocol/errors.ts'
import { OffsetWaits } from './offset-waits.ts'
import { effectiveMinIsr, ownEndOffset } from './replica-state.ts'
import { asKafkaError } from './storage-problem.ts'

/** Who waits for a partition to change. One call says little: whoever gets it looks for himself. */
export type PartitionWaiter = {
  /** There may be more to read, or it is led by somebody else, or it is gone. */
  changed(partition: Partition): void
}

/** Of how many replicas a producer wants to hear: none, the leader, all in sync. */
export type Acks = 0 | 1 | -1
export type Isolation = 'read_uncommitted' | 'read_committed'

export type PartitionOptions = {
  readonly clock: Clock
  readonly flusher: Pick<Flusher, 'appended'>
  /** Settings of its topic that its log does not know. */
  readonly minInsyncReplicas: () => number
}

type Gathered = {
  readonly batch: Uint8Array
  readonly acks: Acks
  readonly timeoutMs: number
  readonly resolve: (appended: Appended) => void
  readonly reject: (error: unknown) => void
}

/**
 * A partition of which this broker has a replica, made when somebody first asks for it. While it leads,
 * producers append here and consumers read up to the high watermark. It is the only replica for now,
 * so that what it has itself is what all have.
 *
 * What comes for it within one turn of the event loop is appended together, with one write.
 */
export class Partition implements MaintainedLog, LogListener {
  readonly partition: TopicPartition
  readonly topicId: string
  readonly log: PartitionLog
  private readonly options: PartitionOptions
  private image: PartitionImage
  private isLeading = false
  private ownEpochStart = 0
  private watermark = 0
  private gathered: Gathered[] = []
  private writtenWaits: OffsetWaits | undefined
  private replicatedWaits: OffsetWaits | undefined
  private waiters: Set<PartitionWaiter> | undefined

  constructor(
    own: { partition: TopicPartition; topicId: string; log: PartitionLog; image: PartitionImage },
    options: PartitionOptions,
  ) {
    this.partition = own.partition
    this.topicId = own.topicId
    this.log = own.log
    this.image = own.image
    this.options = options
    this.log.listener = this
    this.watermark = ownEndOffset(this.log)
    options.flusher.appended(this.log) // what was found behind the flushed end
  }

  get leaderEpoch(): number {
    return this.image.leaderEpoch
  }

  /** Where this broker began to lead: it serves consumers once the high watermark is there. */
  get epochStartOffset(): number {
    return this.ownEpochStart
  }

  get isLeader(): boolean {
    return this.isLeading
  }

  highWatermark(): number {
    return this.watermark
  }

  lastStableOffset(): number {
    const { logStartOffset, known } = this.log
    if (known === undefined) return this.watermark
    return known.producers.lastStableOffset({ highWatermark: this.watermark, logStartOffset })
  }

  /** Up to where a consumer may read. */
  readableEnd(isolation: Isolation): number {
    return isolation === 'read_committed' ? this.lastStableOffset() : this.watermark
  }

  /** Is told of what the metadata log says of it, which is what this broker may do. */
  update(image: PartitionImage, { leads }: { leads: boolean }): void {
    const isNewEpoch = image.leaderEpoch !== this.image.leaderEpoch || leads !== this.isLeading
    this.image = image
    if (!isNewEpoch) return
    this.isLeading = leads
    if (leads) {
      this.ownEpochStart = this.log.nextOffset
      this.advance()
      this.wake() // long polls that name the epoch before have to hear of it
    } else {
      this.resign(new KafkaError('NOT_LEADER_OR_FOLLOWER', `${this.name} is led by another broker`))
    }
  }

  /** It is served no longer, by this object at least: deleted, or the broker stops. */
  close(error: KafkaError): void {
    this.isLeading = false
    this.resign(error)
    if (this.log.listener === this) this.log.listener = undefined
  }

  /** Its settings have changed. */
  configured(): void {
    this.options.flusher.appended(this.log)
    this.advance()
  }

  /**
   * Appends one batch of a producer.
   *
   * @param batch Nobody may write to it any more.
   * @returns Once it is written, with acks of -1 once all replicas in sync have it, with 0 at once.
   * @throws {KafkaError} What is wrong with the batch; NOT_LEADER_OR_FOLLOWER, NOT_ENOUGH_REPLICAS,
   *   REQUEST_TIMED_OUT, KAFKA_STORAGE_ERROR.
   */
  append(
    batch: Uint8Array,
    { acks, timeoutMs }: { acks: Acks; timeoutMs: number },
  ): Promise<Appended> {
    return new Promise((resolve, reject) => {
      this.gathered.push({ batch, acks, timeoutMs, resolve, reject })
      if (this.gathered.length === 1) queueMicrotask(() => this.appendGathered())
    })
  }

  /**
   * What a consumer gets: whole batches from the one that holds `offset` on.
   *
   * @param maxBytes 0 or less for nothing.
   * @param atLeastOne Whether the first batch comes even if it is larger (KIP-74).
   * @throws {KafkaError} OFFSET_OUT_OF_RANGE
   */
  read(
    offset: number,
    {
      maxBytes,
      atLeastOne,
      isolation,
    }: { maxBytes: number; atLeastOne: boolean; isolation: Isolation },
  ): LogSlice {
    const endOffset = this.readableEnd(isolation)
    const { logStartOffset, logEndOffset } = this.log
    const isWithin = offset >= logStartOffset && offset <= logEndOffset
    if (isWithin && (offset >= endOffset || (maxBytes <= 0 && !atLeastOne))) return nothing
    const slice = this.log.read(offset, { maxBytes: Math.max(0, maxBytes), endOffset })
    return slice.sizeBytes > maxBytes && !atLeastOne ? nothing : slice
  }

  /**
   * Where the largest epoch ends that is known here and not larger than the one that is asked for, as
   * OffsetForLeaderEpoch answers it. A leader counts its own epoch from when it begins to lead, though
   * its log has it from its first batch on.
   *
   * @returns -1 and -1 where nothing is known.
   */
  endOffsetForEpoch(epoch: number): { epoch: number; endOffset: number } {
    const { log, leaderEpoch } = this
    const { logEndOffset } = log
    if (epoch === leaderEpoch) return { epoch, endOffset: logEndOffset }
    if (epoch < 0 || epoch > leaderEpoch) return { epoch: -1, endOffset: -1 }
    const epochs = log.known?.epochs
    const latest = epochs?.latest?.epoch
    if (epochs === undefined || latest === undefined) return { epoch, endOffset: logEndOffset }
    if (epoch > latest) return { epoch: latest, endOffset: this.epochStartOffset }
    return epochs.endOffsetFor({ epoch, logEndOffset })
  }

  wait(waiter: PartitionWaiter): void {
    this.waiters ??= new Set()
    this.waiters.add(waiter)
  }

  get waiterCount(): number {
    return this.waiters?.size ?? 0
  }

  stopWaiting(waiter: PartitionWaiter): void {
    this.waiters?.delete(waiter)
  }

  /** Its log has written what had to wait for the disk. */
  written(): void {
    this.options.flusher.appended(this.log)
    this.advance()
  }

  /** Its log went offline: nothing is known of what waits to be written. */
  failed(problem: StorageError): void {
    this.resign(asKafkaError(problem) as KafkaError)
  }

  /** Moves the high watermark as far as it goes, and tells those who wait for it. */
  advance(): void {
    this.writtenWaits?.reach(this.log.logEndOffset)
    const before = this.watermark
    this.watermark = Math.max(before, ownEndOffset(this.log)) // it never moves back
    if (this.watermark === before) return
    this.log.known?.producers.onHighWatermarkUpdated(this.watermark)
    this.replicatedWaits?.reach(this.watermark)
    this.wake()
  }

  private get name(): string {
    return `${this.partition.topic}-${this.partition.partition}`
  }

  private appendGathered(): void {
    const all = this.gathered
    this.gathered = []
    try {
      const own = all.filter((one) => this.admits(one))
      const batches = own.map(({ batch }) => batch)
      const leader = { leaderEpoch: this.leaderEpoch, nowMs: this.options.clock.nowMs() }
      const results = appendAsLeader(this.log, batches, leader)
      this.options.flusher.appended(this.log)
      this.advance()
      for (const [index, result] of results.entries()) {
        if ('error' in result) own[index]?.reject(result.error)
        else this.acknowledge(own[index] as Gathered, result)
      }
    } catch (error) {
      for (const { reject } of all) reject(asKafkaError(error)) // settled ones do not hear it
    }
  }

  private admits({ acks, reject }: Gathered): boolean {
    if (!this.isLeading) {
      reject(new KafkaError('NOT_LEADER_OR_FOLLOWER', `${this.name} is not led here`))
      return false
    }
    const needed = effectiveMinIsr(this.image, this.options.minInsyncReplicas())
    const inSync = this.image.isr.length
    if (acks !== -1 || inSync >= needed) return true
    const why = `${this.name} has ${inSync} replicas in sync, ${needed} are needed`
    reject(new KafkaError('NOT_ENOUGH_REPLICAS', why))
    return false
  }

  private acknowledge({ acks, timeoutMs, resolve, reject }: Gathered, appended: Appended): void {
    const { nextOffset } = appended
    const end = acks === -1 ? this.watermark : this.log.logEndOffset
    if (acks === 0 || end >= nextOffset) {
      resolve(appended)
      return
    }
    const { clock } = this.options
    const waits =
      acks === -1
        ? (this.replicatedWaits ??= new OffsetWaits(clock))
        : (this.writtenWaits ??= new OffsetWaits(clock))
    waits.add(nextOffset, timeoutMs, { reached: () => resolve(appended), failed: reject })
  }

  private resign(error: KafkaError): void {
    this.writtenWaits?.fail(error)
    this.replicatedWaits?.fail(error)
    this.wake()
  }

  private wake(): void {
    if (this.waiters === undefined) return
    for (const waiter of this.waiters) waiter.changed(this)
  }
}

const nothing: LogSlice = { parts: [], sizeBytes: 0 }
