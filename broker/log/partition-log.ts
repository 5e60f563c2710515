import { invariant } from '../../lib/invariant.ts'
import { KafkaError } from '../protocol/errors.ts'
import { baseOffsetOf, nextOffsetOf } from '../protocol/records/header.ts'
import type { Part } from '../protocol/schema/fields.ts'
import type { Replacement } from './compaction/clean.ts'
import { type FoundRecord, findByTimestamp, findMaxTimestamp } from './find-record.ts'
import type { LogConfig } from './log-config.ts'
import type { LogOptions, LogServices, OpenedLog } from './log-options.ts'
import { type LogParts, partsOf } from './log-parts.ts'
import type { LogState } from './log-state.ts'
import { findAborted, readSegments } from './read-segments.ts'
import { retainedFrom } from './retention.ts'
import type { Segment } from './segment.ts'
import type { SegmentStore } from './segment-store.ts'
import { Segments } from './segments.ts'
import type { StateKeeper } from './state-keeper.ts'
import { isFromDisk, type StorageError, storageErrorOf } from './storage-error.ts'
import type { Tail } from './tail.ts'
import type { AbortedTransaction } from './transaction-index.ts'

/** Batches of a log, whole ones, from the one that holds the offset that was asked for. */
export type LogSlice = { readonly parts: readonly Part[]; readonly sizeBytes: number }

/**
 * The log of one partition: batches in the order of their offsets, in segments of Kafka's own form.
 * Batches come with their offsets; who gives them is `LeaderAppends` or the leader elsewhere.
 *
 * Before its first append it has nothing on the disk and next to nothing in memory. After a write
 * or sync that failed it is offline: nothing is known of what the disk holds, so nothing more is
 * written; opening it anew recovers it.
 */
export class PartitionLog {
  private readonly services: LogServices
  private parts: LogParts | undefined
  private start: number
  private end: number
  private flushedEnd: number
  private problem: StorageError | undefined
  private flushing: Promise<void> | undefined
  private readonly options: LogOptions
  private ownConfig: LogConfig
  /** What the flush under way will have made durable, unless it is cut off meanwhile. */
  private flushTarget = 0

  constructor(options: LogOptions, services: LogServices, opened?: OpenedLog) {
    this.options = options
    this.services = services
    this.ownConfig = options.config
    this.start = opened?.logStartOffset ?? 0
    this.end = opened?.logEndOffset ?? 0
    this.flushedEnd = opened?.flushedEndOffset ?? 0
    if (opened?.state !== undefined) this.parts = partsOf(options, services, opened)
  }

  get directory(): string {
    return this.options.directory
  }

  get config(): LogConfig {
    return this.ownConfig
  }

  set config(config: LogConfig) {
    this.ownConfig = config
    if (this.parts !== undefined) this.parts.store.config = config
  }

  get logStartOffset(): number {
    return this.start
  }

  get logEndOffset(): number {
    return this.end
  }

  /** All before it survives a loss of power. Kafka's recovery point. */
  get flushedEndOffset(): number {
    return this.flushedEnd
  }

  get sizeBytes(): number {
    let sum = 0
    for (const segment of this.segments) sum += segment.sizeBytes
    return sum
  }

  get segmentCount(): number {
    return this.segments.count
  }

  /** Leader epochs, and what is known of producers; undefined before the first batch. */
  get known(): LogState | undefined {
    return this.parts?.keeper.state
  }

  /** Why nothing is written any more, or undefined. */
  get offline(): StorageError | undefined {
    return this.problem
  }

  /**
   * Appends whole batches that have been checked and have their offsets, in rising order from the
   * log's end on. They are written as they are, without being copied together.
   *
   * @throws {StorageError} If the log is offline, or now goes offline.
   */
  append(batches: readonly Uint8Array[], nowMs: number): void {
    this.checkOnline()
    this.guard('append', () => {
      for (let done = 0; done < batches.length; ) {
        const segment = this.store.segmentFor(batches[done] as Uint8Array, nowMs)
        const count = this.store.fitting(segment, batches, done, nowMs)
        const own = count === batches.length ? batches : batches.slice(done, done + count)
        segment.append(own)
        for (const batch of own) this.took(batch)
        done += count
      }
    })
  }

  /**
   * Batches from the one that holds `offset` on, from memory where they are still there.
   *
   * @param maxBytes The first batch comes even if it is larger, so that a reader always moves on
   *   (KIP-74).
   * @param endOffset Batches that end behind it are left out.
   * @throws {KafkaError} OFFSET_OUT_OF_RANGE outside the log.
   */
  read(
    offset: number,
    { maxBytes, endOffset = this.end }: { maxBytes: number; endOffset?: number },
  ): LogSlice {
    if (offset < this.start || offset > this.end) {
      const range = `${this.start} to ${this.end}`
      throw new KafkaError('OFFSET_OUT_OF_RANGE', `${offset} is not within ${range}`)
    }
    const limits = { maxBytes, endOffset }
    const fromTail = this.tail.read(this, offset, limits)
    const parts = fromTail ?? readSegments(this.segments, offset, limits)
    return { parts, sizeBytes: parts.reduce((sum, { byteLength }) => sum + byteLength, 0) }
  }

  /** The first record of the log that is not before a time, or undefined. */
  findTimestamp(timestamp: number): FoundRecord | undefined {
    return findByTimestamp(this.segments, { timestamp, startOffset: this.start })
  }

  /** The first record with the largest timestamp, or undefined. */
  findMaxTimestamp(): FoundRecord | undefined {
    return findMaxTimestamp(this.segments)
  }

  /** Begins a new segment, so that all that is there may be compacted or deleted. */
  roll(): void {
    const { active } = this.segments
    if (active === undefined || active.sizeBytes === 0) return
    this.guard('roll', () => {
      this.store.close(active)
      this.store.beginDurably(this.end)
    })
  }

  /**
   * The aborted transactions of which a reader of committed records has to know, for batches from
   * `fetchOffset` up to `upperBoundOffset`.
   */
  abortedTransactions(range: {
    fetchOffset: number
    upperBoundOffset: number
  }): AbortedTransaction[] {
    return findAborted(this.segments, range)
  }

  /**
   * Makes all durable that is there when it is called. Calls that come while one is under way share
   * the next: group commit.
   *
   * @throws {StorageError} If that fails, or the log is offline.
   */
  async flush(): Promise<void> {
    while (this.flushing !== undefined) {
      const { end } = this
      await this.flushing
      if (this.flushedEnd >= end) return
    }
    // A sync that failed once may succeed the next time, though what it was for is lost.
    this.checkOnline()
    if (this.flushedEnd >= this.end) return
    this.flushing = this.flushNow({ isLast: false })
    try {
      await this.flushing
    } finally {
      this.flushing = undefined
    }
  }

  /**
   * Cuts the log off at `offset`, or where the batch begins that holds it.
   *
   * @returns The new end.
   */
  truncateTo(offset: number): number {
    this.checkOnline()
    if (offset >= this.end) return this.end
    const segment = this.segments.from(offset)[0]
    const place = segment?.find(offset)
    this.guard('truncate', () => {
      const end = place?.baseOffset ?? offset
      this.cutTo(end)
      this.end = end
      const behind = this.segments.takeFrom(Math.max(this.end, (segment?.baseOffset ?? 0) + 1))
      this.store.remove(behind)
      if (place !== undefined) segment?.truncate(place.position, this.end)
      this.keeper.cutTo(this.end, this.segments)
    })
    this.start = Math.min(this.start, this.end)
    return this.end
  }

  /** Drops all and goes on at `offset`: a follower whose leader has nothing older. */
  truncateFullyAndStartAt(offset: number): void {
    this.checkOnline()
    this.guard('truncate', () => {
      this.cutTo(0)
      this.store.remove(this.segments.takeFrom(0))
      this.start = offset
      this.end = offset
      this.flushedEnd = offset
      this.keeper.startAt(offset)
    })
  }

  /**
   * Moves the start of the log, of which nothing before may be read again (DeleteRecords,
   * retention). Segments that are wholly before it are removed.
   *
   * @returns How many segments were removed.
   * @throws {KafkaError} OFFSET_OUT_OF_RANGE behind the end.
   */
  moveStartTo(offset: number): number {
    this.checkOnline()
    if (offset > this.end) throw new KafkaError('OFFSET_OUT_OF_RANGE', `${offset} > ${this.end}`)
    if (offset <= this.start) return 0
    this.start = offset
    this.keeper.moveStartTo(offset)
    const removed = this.segments.takeBefore(offset)
    if (removed.length === 0) return 0
    this.guard('remove segments', () => {
      this.store.removeInOrder(removed)
      this.keeper.removeSnapshotsBefore(this.segments.first?.baseOffset ?? 0)
    })
    return removed.length
  }

  /**
   * Removes what `retention.ms` and `retention.bytes` no longer keep.
   *
   * @returns How many segments were removed.
   */
  applyRetention({ nowMs, highWatermark }: { nowMs: number; highWatermark: number }): number {
    const limits = { nowMs, highWatermark, logEndOffset: this.end }
    const from = retainedFrom([...this.segments], this.config, limits)
    if (from === undefined || from <= this.start) return 0
    if (from === this.end) this.roll() // the active segment goes too
    return this.moveStartTo(from)
  }

  /** What compaction looks at; it may change with each call of this log. */
  get segmentList(): readonly Segment[] {
    return [...this.segments]
  }

  /** Puts cleaned segments, whose files are there and durable, in the place of those before. */
  replaceSegments(replacement: Replacement): void {
    this.checkOnline()
    // What was cleaned away must not be served from memory either.
    this.tail.drop(this)
    this.guard('swap segments', () => this.store.replace(replacement))
  }

  /** Whether the next orderly stop finds all as the last one left it. */
  get isAsStopped(): boolean {
    return this.parts === undefined || this.parts.store.isAsStopped
  }

  /**
   * As `close`, so that all is durable when it has settled: batches, and the indexes that are
   * believed without a look after an orderly stop. Only the name of the directory may not be: who
   * closes many logs makes it durable once for all, before anybody is told of what is in them.
   *
   * @throws {StorageError} If that fails, or the log is offline.
   */
  async closeDurably(): Promise<void> {
    this.tail.drop(this)
    while (this.flushing !== undefined) await this.flushing
    this.checkOnline()
    const { active } = this.segments
    if (active !== undefined && !this.isAsStopped) {
      this.guard('close', () => this.store.finish(active))
      await this.flushNow({ isLast: true })
    }
    for (const segment of this.segments) segment.release()
  }

  /**
   * Closes files, so that the log can be opened without a look at its batches. What was written
   * stays in the page cache, flushed or not.
   */
  close(): void {
    this.tail.drop(this)
    const { active } = this.segments
    if (this.problem === undefined && active !== undefined) {
      this.guard('close', () => {
        this.store.close(active)
        this.keeper.writeChangedEpochs()
      })
    }
    for (const segment of this.segments) segment.release()
  }

  private took(batch: Uint8Array): void {
    const baseOffset = baseOffsetOf(batch, 0)
    const nextOffset = nextOffsetOf(batch, 0)
    invariant(baseOffset >= this.end, 'offsets rise from batch to batch')
    const ended = this.keeper.took(batch, baseOffset)
    if (ended?.isAborted === true) this.segments.active?.addAborted(ended)
    this.tail.add(this, { baseOffset, nextOffset }, batch)
    this.end = nextOffset
  }

  /** Before anything is cut off. */
  private cutTo(endOffset: number): void {
    this.tail.drop(this)
    this.flushTarget = Math.min(this.flushTarget, endOffset)
    if (endOffset >= this.flushedEnd) return
    this.options.beforeCut?.(endOffset)
    this.flushedEnd = endOffset
  }

  private async flushNow({ isLast }: { isLast: boolean }): Promise<void> {
    this.flushTarget = this.end
    try {
      await this.store.syncFrom(this.flushedEnd)
      this.keeper.writeChangedEpochs()
      this.store.syncNames({ withItsOwn: !isLast })
    } catch (error) {
      throw this.fail(error, 'flush')
    }
    this.flushedEnd = Math.max(this.flushedEnd, this.flushTarget)
  }

  private get tail(): Tail {
    return this.services.tail
  }

  private get segments(): Segments {
    return this.parts?.segments ?? none
  }

  private get store(): SegmentStore {
    return this.made().store
  }

  private get keeper(): StateKeeper {
    return this.made().keeper
  }

  private made(): LogParts {
    if (this.parts === undefined) {
      const opened = { segments: new Segments([]), state: undefined, found: 'recovered' } as const
      this.parts = partsOf(this.options, this.services, opened)
      this.parts.store.config = this.ownConfig
    }
    return this.parts
  }

  private checkOnline(): void {
    if (this.problem !== undefined) throw this.problem
  }

  private guard(what: string, act: () => void): void {
    try {
      act()
    } catch (error) {
      throw this.fail(error, what)
    }
  }

  /** What the disk refused takes the log offline; anything else is our own mistake. */
  private fail(error: unknown, what: string): unknown {
    if (!isFromDisk(error)) return error
    this.problem ??= storageErrorOf(error, `${this.directory} is offline, ${what} failed`)
    return this.problem
  }
}

/** Of a log without any; nobody adds to it. */
const none = new Segments([])
