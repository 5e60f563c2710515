import { invariant } from '../../lib/invariant.ts'
import type { StorageError } from '../../lib/storage-error.ts'
import { KafkaError } from '../protocol/errors.ts'
import type { Part } from '../protocol/schema/fields.ts'
import { type FoundRecord, findByTimestamp, findMaxTimestamp } from './find-record.ts'
import { append, roll } from './log-append.ts'
import { cancelCleaning, LogCleaning } from './log-cleaning.ts'
import { finishDurably, finishIfWhole } from './log-close.ts'
import type { LogConfig } from './log-config.ts'
import { type IsWanted, truncateFullyAndStartAt, truncateTo } from './log-cut.ts'
import { flush } from './log-flush.ts'
import { applyRetention, moveStartTo } from './log-front.ts'
import type { LogOptions, LogServices, OpenedLog } from './log-options.ts'
import { LogParts } from './log-parts.ts'
import type { LogState } from './log-state.ts'
import { type LogListener, LogStatus } from './log-status.ts'
import { findAborted, readSegments } from './read-segments.ts'
import type { Segment } from './segment.ts'
import type { AbortedTransaction } from './transaction-index.ts'

/** Batches of a log, whole ones, from the one that holds the offset that was asked for. */
export type LogSlice = { readonly parts: readonly Part[]; readonly sizeBytes: number }

/**
 * The log of one partition: batches in the order of their offsets, in segments of Kafka's own form.
 * Batches come with their offsets; who gives them is `appendAsLeader` or the leader elsewhere.
 *
 * Before its first append it has nothing on the disk and next to nothing in memory. After a write
 * or sync that failed it is offline: nothing is known of what the disk holds, so nothing more is
 * written; opening it anew recovers it.
 */
export class PartitionLog {
  private readonly services: LogServices
  private readonly status: LogStatus
  private ownConfig: LogConfig
  private made: LogParts | undefined

  constructor(options: LogOptions, services: LogServices, opened?: OpenedLog) {
    this.services = services
    this.status = new LogStatus(options)
    this.ownConfig = options.config
    this.made = undefined
    if (opened === undefined) return
    this.status.startAt(opened.logStartOffset)
    this.status.end = this.status.next = opened.logEndOffset
    this.status.flushedEnd = opened.flushedEndOffset
    if (opened.state !== undefined) this.made = this.make(opened)
  }

  get listener(): LogListener | undefined {
    return this.status.listener
  }

  set listener(listener: LogListener | undefined) {
    this.status.listener = listener
  }

  get directory(): string {
    return this.status.options.directory
  }

  get config(): LogConfig {
    return this.ownConfig
  }

  set config(config: LogConfig) {
    this.ownConfig = config
    if (this.made !== undefined) this.made.store.config = config
  }

  get logStartOffset(): number {
    return this.status.start
  }

  /** Where what is written ends, and with it what may be read or answered. */
  get logEndOffset(): number {
    return this.status.end
  }

  /** Where the next batch begins: behind those that wait to be written, too. */
  get nextOffset(): number {
    return this.status.next
  }

  /** All before it survives a loss of power. Kafka's recovery point. */
  get flushedEndOffset(): number {
    return this.status.flushedEnd
  }

  /** Whether there is anything of it on the disk. */
  get isMade(): boolean {
    return this.made !== undefined
  }

  get sizeBytes(): number {
    let sum = 0
    for (const segment of this.segmentList) sum += segment.sizeBytes
    return sum
  }

  get segmentCount(): number {
    return this.made?.segments.count ?? 0
  }

  /** Where the segment begins that is appended to: all before it is closed. */
  get activeBaseOffset(): number {
    return this.made?.segments.active?.baseOffset ?? this.status.end
  }

  /** Nothing may be asked of it any more: it was deleted or set aside, or the broker stops. */
  get isClosed(): boolean {
    return this.status.isClosed
  }

  /** Leader epochs, and what is known of producers, up to `nextOffset`; undefined before any batch. */
  get known(): LogState | undefined {
    return this.made?.keeper.state
  }

  /** Why nothing is written any more, or undefined. */
  get offline(): StorageError | undefined {
    return this.status.problem
  }

  /**
   * Whether what is there may be read, and removed at the front: also while the disk is full, since
   * it is known what was written before.
   */
  get isReadable(): boolean {
    return this.status.isReadable
  }

  /**
   * Appends whole batches that have been checked and have their offsets, in rising order from
   * `nextOffset` on. They are written as they are, without being copied together: at once as a rule,
   * so that `logEndOffset` is behind them then. Else see `written` and `listener`; until then they
   * must stay as they are.
   *
   * @throws {StorageError} If the log is offline, or now goes offline.
   */
  append(batches: readonly Uint8Array[], nowMs: number): void {
    this.status.checkOnline()
    if (batches.length === 0) return
    this.made ??= this.make()
    append(this.made, batches, nowMs)
  }

  /**
   * Settles once all is written that was appended before.
   *
   * @throws {StorageError} If the log is offline, or goes offline before that.
   */
  async written(): Promise<void> {
    if (this.made === undefined) this.status.checkOnline()
    else await this.made.written()
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
    { maxBytes, endOffset }: { maxBytes: number; endOffset?: number },
  ): LogSlice {
    const { start, end } = this.status
    if (offset < start || offset > end) {
      throw new KafkaError('OFFSET_OUT_OF_RANGE', `${offset} is not within ${start} to ${end}`)
    }
    if (this.made === undefined) return { parts: [], sizeBytes: 0 }
    const limits = { maxBytes, endOffset: Math.min(endOffset ?? end, end) }
    const fromTail = this.services.tail.read(this.status, offset, limits)
    const parts = fromTail ?? readSegments(this.made.segments, offset, limits)
    return { parts, sizeBytes: parts.reduce((sum, { byteLength }) => sum + byteLength, 0) }
  }

  /** The first record of the log that is not before a time, or undefined. */
  findTimestamp(timestamp: number): FoundRecord | undefined {
    return findByTimestamp(this.segmentList, { timestamp, startOffset: this.status.start })
  }

  /** The first record with the largest timestamp, or undefined. */
  findMaxTimestamp(): FoundRecord | undefined {
    return findMaxTimestamp(this.segmentList)
  }

  /** Begins a new segment, so that all that is there may be compacted or deleted. */
  async roll(): Promise<void> {
    if (this.made === undefined) this.status.checkOnline()
    else await roll(this.made)
  }

  /**
   * The aborted transactions of which a reader of committed records has to know, for batches from
   * `fetchOffset` up to `upperBoundOffset`.
   */
  abortedTransactions(range: {
    fetchOffset: number
    upperBoundOffset: number
  }): AbortedTransaction[] {
    return this.made === undefined ? [] : findAborted(this.made.segments, range)
  }

  /**
   * Makes all durable that is there when it is called. Calls that come while one is under way share
   * the next: group commit.
   *
   * @throws {StorageError} If that fails, or the log is offline.
   */
  async flush(): Promise<void> {
    if (this.made !== undefined) await flush(this.made)
  }

  /**
   * Cuts the log off at `offset`, or where the batch begins that holds it, once what was appended
   * before is written and no flush is under way. Nothing may be appended until then. Where `offset`
   * was compacted away, that is where the batch before ends: the next start would find no other end
   * either.
   *
   * @param isWanted Asked when it is time: if not, nothing is cut off, and more may have been appended.
   * @returns The new end, at most `offset`.
   */
  async truncateTo(offset: number, isWanted: IsWanted = always): Promise<number> {
    this.status.checkOnline()
    return this.made === undefined ? this.status.end : truncateTo(this.made, offset, isWanted)
  }

  /** Drops all and goes on at `offset`, as `truncateTo` does. */
  async truncateFullyAndStartAt(offset: number, isWanted: IsWanted = always): Promise<number> {
    this.status.checkOnline()
    if (this.made !== undefined) return truncateFullyAndStartAt(this.made, offset, isWanted)
    this.status.startAt(offset)
    return offset
  }

  /**
   * Moves the start of the log, of which nothing before may be read again (DeleteRecords,
   * retention). Segments that are wholly before it are gone from the log at once, and from the disk
   * when the promise settles; while the log is cleaned, they go when that has ended.
   *
   * @returns How many segments were removed.
   * @throws {KafkaError} OFFSET_OUT_OF_RANGE behind the end.
   */
  async moveStartTo(offset: number): Promise<number> {
    if (this.made !== undefined) return moveStartTo(this.made, offset)
    this.status.moveStartTo(offset)
    return 0
  }

  /**
   * Removes what `retention.ms` and `retention.bytes` no longer keep.
   *
   * @returns How many segments were removed.
   */
  async applyRetention(now: { nowMs: number; highWatermark: number }): Promise<number> {
    return this.made === undefined ? 0 : applyRetention(this.made, now)
  }

  /** By rising offset; it may change with each call of this log. */
  get segmentList(): readonly Segment[] {
    return this.made === undefined ? [] : [...this.made.segments]
  }

  /**
   * To be called before a cleaning looks at the segments. Until it ends none is removed at the
   * front. A cut and a close cancel it, before they change anything, so that nothing waits for it.
   */
  beginCleaning(): LogCleaning {
    this.status.checkOnline()
    invariant(this.made !== undefined, 'only a log with segments is cleaned')
    return new LogCleaning(this.made)
  }

  /** Whether the next orderly stop finds all as the last one left it. */
  get isAsStopped(): boolean {
    return this.made === undefined || this.made.store.isAsStopped
  }

  /**
   * As `close`, so that all is durable when it has settled: batches, and what is believed without a
   * look after an orderly stop. Only the name of the directory may not be: who closes many logs makes
   * it durable once for all, before anybody is told of what is in them.
   *
   * @throws {StorageError} If that fails, or the log is offline.
   */
  async closeDurably(): Promise<void> {
    if (this.made !== undefined) await finishDurably(this.made)
    this.release()
  }

  /**
   * Closes files, so that the log can be opened without a look at its batches. What was written
   * stays in the page cache, flushed or not; what waits to be written is dropped.
   */
  close(): void {
    if (this.made !== undefined) finishIfWhole(this.made)
    this.release()
  }

  private release(): void {
    const { made, status } = this
    if (made !== undefined) cancelCleaning(made) // one may have begun since
    this.services.tail.drop(status)
    status.isClosed = true
    made?.writer.end()
    for (const segment of this.segmentList) segment.retire() // their names may be others' soon
  }

  private make(opened?: OpenedLog): LogParts {
    return new LogParts(this.status, this.ownConfig, this.services, opened)
  }
}

const always = () => true
