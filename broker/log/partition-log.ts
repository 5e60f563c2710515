import { invariant } from '../../lib/invariant.ts'
import { KafkaError } from '../protocol/errors.ts'
import { baseOffsetOf, nextOffsetOf } from '../protocol/records/header.ts'
import type { Part } from '../protocol/schema/fields.ts'
import type { Replacement } from './compaction/clean.ts'
import type { Cleaning } from './compaction/cleaning.ts'
import { type FoundRecord, findByTimestamp, findMaxTimestamp } from './find-record.ts'
import type { LogConfig } from './log-config.ts'
import type { LogOptions, LogServices, OpenedLog } from './log-options.ts'
import type { LogState } from './log-state.ts'
import { findAborted, readSegments } from './read-segments.ts'
import { retainedFrom } from './retention.ts'
import type { Segment } from './segment.ts'
import { SegmentStore } from './segment-store.ts'
import { Segments } from './segments.ts'
import { StateFiles } from './state-files.ts'
import { StateKeeper } from './state-keeper.ts'
import { isFromDisk, StorageError, storageErrorOf } from './storage-error.ts'
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
  readonly directory: string
  private readonly tail: Tail
  private readonly store: SegmentStore
  private readonly segments: Segments
  private start: number
  private end: number
  private flushedEnd: number
  private problem: StorageError | undefined
  private flushing: Promise<void> | undefined
  private readonly options: LogOptions
  private readonly keeper: StateKeeper
  /** What the flush under way will have made durable, unless it is cut off meanwhile. */
  private flushTarget = 0
  private cleaning: Cleaning | undefined
  private closed = false

  constructor(options: LogOptions, services: LogServices, opened: OpenedLog = nothing()) {
    this.options = options
    this.directory = options.directory
    this.tail = services.tail
    const files = new StateFiles(services.files, options.directory)
    const keeper = new StateKeeper(files, opened.state, options.producerIdExpirationMs)
    this.keeper = keeper
    this.store = new SegmentStore(options, services, opened.segments, () => keeper.writeSnapshot())
    this.segments = opened.segments
    this.start = opened.logStartOffset
    this.end = opened.logEndOffset
    this.flushedEnd = opened.flushedEndOffset
  }

  get config(): LogConfig {
    return this.store.config
  }

  set config(config: LogConfig) {
    this.store.config = config
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

  /** Where the segment begins that is appended to: all before it is closed. */
  get activeBaseOffset(): number {
    return this.segments.active?.baseOffset ?? this.end
  }

  /** Nothing may be asked of it any more: it was deleted or set aside, or the broker stops. */
  get isClosed(): boolean {
    return this.closed
  }

  /** Leader epochs, and what is known of producers; undefined before the first batch. */
  get known(): LogState | undefined {
    return this.keeper.state
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
    this.flushing = this.flushNow()
    try {
      await this.flushing
    } finally {
      this.flushing = undefined
    }
  }

  /**
   * Cuts the log off at `offset`, or where the batch begins that holds it. Where that was compacted
   * away it is where the batch before ends: the next start would find no other end either.
   *
   * @returns The new end, at most `offset`.
   */
  truncateTo(offset: number): number {
    this.checkOnline()
    if (offset >= this.end) return this.end
    const segment = this.segments.from(offset)[0]
    const place = segment?.find(offset)
    this.guard('truncate', () => {
      const isHeld = place === undefined || place.baseOffset <= offset
      const end = isHeld ? (place?.baseOffset ?? offset) : segment?.endBefore(place.position)
      invariant(
        end !== undefined && end <= offset,
        'a log is cut off where it was asked to, or before',
      )
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
   * retention). Segments that are wholly before it are removed: when it was cleaned, if it just is.
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
    return this.cleaning === undefined ? this.removeBeforeStart() : 0
  }

  /**
   * Removes what `retention.ms` and `retention.bytes` no longer keep.
   *
   * @param mostSegments At once: each holds up everything else for as long as the disk takes.
   * @returns How many segments were removed.
   */
  applyRetention({
    mostSegments = this.segments.count,
    ...now
  }: {
    nowMs: number
    highWatermark: number
    mostSegments?: number
  }): number {
    const limits = { ...now, mostSegments, logEndOffset: this.end }
    const from = retainedFrom([...this.segments], this.config, limits)
    if (from === undefined || from <= this.start) return 0
    if (from === this.end) this.roll() // the active segment goes too
    return this.moveStartTo(from)
  }

  /** What compaction looks at; it may change with each call of this log. */
  get segmentList(): readonly Segment[] {
    return [...this.segments]
  }

  /**
   * To be called before a cleaning looks at the segments. Until it ends none is removed at the
   * front. A cut and a close cancel it, before they change anything, so that nothing waits for it.
   */
  beginCleaning(): Cleaning {
    this.checkOnline()
    invariant(this.cleaning === undefined, 'a log is cleaned by one at a time')
    this.cleaning = { isCancelled: false }
    return this.cleaning
  }

  /** To be called in any case. @throws {StorageError} */
  endCleaning(): void {
    this.cleaning = undefined
    if (!this.closed && this.problem === undefined) this.removeBeforeStart()
  }

  /** Puts cleaned segments, whose files are there and durable, in the place of those before. */
  replaceSegments(replacement: Replacement): void {
    this.checkOnline()
    invariant(this.cleaning?.isCancelled === false, 'what was read of the log is still there')
    // What was cleaned away must not be served from memory either.
    this.tail.drop(this)
    this.guard('swap segments', () => this.store.replace(replacement))
  }

  /**
   * Closes files, so that the log can be opened without a look at its batches. What was written
   * stays in the page cache, flushed or not.
   */
  close(): void {
    this.cancelCleaning()
    this.tail.drop(this)
    const { active } = this.segments
    if (this.problem === undefined && !this.closed && active !== undefined) {
      this.guard('close', () => {
        this.store.close(active)
        this.keeper.writeChangedEpochs()
      })
    }
    this.closed = true
    for (const segment of this.segments) segment.release()
  }

  private removeBeforeStart(): number {
    const removed = this.segments.takeBefore(this.start)
    if (removed.length === 0) return 0
    this.guard('remove segments', () => {
      this.store.removeInOrder(removed)
      this.keeper.removeSnapshotsBefore(this.segments.first?.baseOffset ?? 0)
    })
    return removed.length
  }

  private cancelCleaning(): void {
    if (this.cleaning !== undefined) this.cleaning.isCancelled = true
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
    this.cancelCleaning()
    this.tail.drop(this)
    this.flushTarget = Math.min(this.flushTarget, endOffset)
    this.options.beforeCut?.(endOffset)
    this.flushedEnd = Math.min(this.flushedEnd, endOffset)
  }

  private async flushNow(): Promise<void> {
    this.flushTarget = this.end
    try {
      await this.store.syncFrom(this.flushedEnd)
      this.checkOnline() // if it was closed, another log may have its directory's name by now
      this.keeper.writeChangedEpochs()
      this.store.syncNames()
    } catch (error) {
      throw this.fail(error, 'flush')
    }
    this.flushedEnd = Math.max(this.flushedEnd, this.flushTarget)
  }

  private checkOnline(): void {
    if (this.closed) throw new StorageError('Closed', `${this.directory} was closed`)
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
    if (this.closed)
      return new StorageError('Closed', `${this.directory} was closed, ${what} ended`)
    this.problem ??= storageErrorOf(error, `${this.directory} is offline, ${what} failed`)
    return this.problem
  }
}

function nothing(): OpenedLog {
  const segments = new Segments([])
  return { segments, logStartOffset: 0, logEndOffset: 0, flushedEndOffset: 0, state: undefined }
}
