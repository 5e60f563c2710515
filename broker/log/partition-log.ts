import { invariant } from '../../lib/invariant.ts'
import { isFromDisk, StorageError, storageErrorOf } from '../../lib/storage-error.ts'
import { KafkaError } from '../protocol/errors.ts'
import { baseOffsetOf, nextOffsetOf } from '../protocol/records/header.ts'
import type { Part } from '../protocol/schema/fields.ts'
import type { Replacement } from './compaction/clean.ts'
import type { Cleaning } from './compaction/cleaning.ts'
import { type FoundRecord, findByTimestamp, findMaxTimestamp } from './find-record.ts'
import type { LogConfig } from './log-config.ts'
import type { LogOptions, LogServices, OpenedLog } from './log-options.ts'
import type { LogState } from './log-state.ts'
import { LogWriter, type LogWriterOwner } from './log-writer.ts'
import type { CompletedTransaction } from './producer-state.ts'
import { findAborted, readSegments } from './read-segments.ts'
import { retainedFrom } from './retention.ts'
import type { Segment } from './segment.ts'
import { endBefore } from './segment-recovery.ts'
import { SegmentStore } from './segment-store.ts'
import { Segments } from './segments.ts'
import { StateFiles } from './state-files.ts'
import { StateKeeper } from './state-keeper.ts'
import type { AbortedTransaction } from './transaction-index.ts'

/** Batches of a log, whole ones, from the one that holds the offset that was asked for. */
export type LogSlice = { readonly parts: readonly Part[]; readonly sizeBytes: number }

/** Who wants to know what becomes of a log when nobody is calling it. */
export type LogListener = {
  /** What had to wait was written: the end has moved. Not called for what `append` wrote at once. */
  written(): void
  /** The log went offline. */
  failed(problem: StorageError): void
}

/**
 * The log of one partition: batches in the order of their offsets, in segments of Kafka's own form.
 * Batches come with their offsets; who gives them is `appendAsLeader` or the leader elsewhere.
 *
 * Before its first append it has nothing on the disk and next to nothing in memory. After a write
 * or sync that failed it is offline: nothing is known of what the disk holds, so nothing more is
 * written; opening it anew recovers it.
 */
export class PartitionLog {
  private readonly options: LogOptions
  private readonly services: LogServices
  private ownConfig: LogConfig
  private start: number
  private end: number
  private next: number
  private flushedEnd: number
  private problem: StorageError | undefined
  private closed: boolean
  /** What a log with batches has; most logs of a broker may never get one. */
  private made: Made | undefined
  listener: LogListener | undefined

  constructor(options: LogOptions, services: LogServices, opened?: OpenedLog) {
    this.options = options
    this.services = services
    this.ownConfig = options.config
    this.start = opened?.logStartOffset ?? 0
    this.end = opened?.logEndOffset ?? 0
    this.next = this.end
    this.flushedEnd = opened?.flushedEndOffset ?? 0
    this.problem = undefined
    this.closed = false
    this.made = undefined
    this.listener = undefined
    if (opened?.state !== undefined) this.made = this.make(opened)
  }

  get directory(): string {
    return this.options.directory
  }

  get config(): LogConfig {
    return this.ownConfig
  }

  set config(config: LogConfig) {
    this.ownConfig = config
    if (this.made !== undefined) this.made.store.config = config
  }

  get logStartOffset(): number {
    return this.start
  }

  /** Where what is written ends, and with it what may be read or answered. */
  get logEndOffset(): number {
    return this.end
  }

  /** Where the next batch begins: behind those that wait to be written, too. */
  get nextOffset(): number {
    return this.next
  }

  /** All before it survives a loss of power. Kafka's recovery point. */
  get flushedEndOffset(): number {
    return this.flushedEnd
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
    return this.made?.segments.active?.baseOffset ?? this.end
  }

  /** Nothing may be asked of it any more: it was deleted or set aside, or the broker stops. */
  get isClosed(): boolean {
    return this.closed
  }

  /** Leader epochs, and what is known of producers, up to `nextOffset`; undefined before any batch. */
  get known(): LogState | undefined {
    return this.made?.keeper.state
  }

  /** Why nothing is written any more, or undefined. */
  get offline(): StorageError | undefined {
    return this.problem
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
    this.checkOnline()
    if (batches.length === 0) return
    this.made ??= this.make(nothing())
    const { writer, keeper } = this.made
    for (let done = 0; done < batches.length; ) {
      const count = writer.fitting(batches, done, nowMs)
      if (count === 0) {
        writer.begin(baseOffsetOf(batches[done] as Uint8Array, 0), keeper.snapshot())
        continue
      }
      const own = count === batches.length ? batches : batches.slice(done, done + count)
      for (const batch of own) this.take(this.made, batch)
      writer.append(own)
      this.checkOnline()
      done += count
    }
  }

  /**
   * Settles once all is written that was appended before.
   *
   * @throws {StorageError} If the log is offline, or goes offline before that.
   */
  async written(): Promise<void> {
    const writer = this.made?.writer
    if (writer === undefined || writer.isIdle) this.checkOnline()
    else await writer.exclusive(() => this.checkOnline())
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
    if (this.made === undefined) return { parts: [], sizeBytes: 0 }
    const limits = { maxBytes, endOffset: Math.min(endOffset, this.end) }
    const fromTail = this.services.tail.read(this, offset, limits)
    const parts = fromTail ?? readSegments(this.made.segments, offset, limits)
    return { parts, sizeBytes: parts.reduce((sum, { byteLength }) => sum + byteLength, 0) }
  }

  /** The first record of the log that is not before a time, or undefined. */
  findTimestamp(timestamp: number): FoundRecord | undefined {
    return findByTimestamp(this.segmentList, { timestamp, startOffset: this.start })
  }

  /** The first record with the largest timestamp, or undefined. */
  findMaxTimestamp(): FoundRecord | undefined {
    return findMaxTimestamp(this.segmentList)
  }

  /** Begins a new segment, so that all that is there may be compacted or deleted. */
  async roll(): Promise<void> {
    const { made } = this
    this.checkOnline()
    if (made?.writer.isWithinSegment !== true) return
    made.writer.begin(this.next, made.keeper.snapshot(), { durably: true })
    await this.written()
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
    const { made } = this
    if (made === undefined) return
    const { next } = this
    if (!made.writer.isIdle) await this.written()
    while (made.flushing !== undefined) {
      await made.flushing
      if (this.flushedEnd >= next) return
    }
    // A sync that failed once may succeed the next time, though what it was for is lost.
    this.checkOnline()
    if (this.flushedEnd >= this.end) return
    made.flushing = this.flushNow(made, { isLast: false })
    try {
      await made.flushing
    } finally {
      made.flushing = undefined
    }
  }

  /**
   * Cuts the log off at `offset`, or where the batch begins that holds it, once what was appended
   * before is written and no flush is under way. Nothing may be appended until then. Where `offset`
   * was compacted away, that is where the batch before ends: the next start would find no other end
   * either.
   *
   * @returns The new end, at most `offset`.
   */
  truncateTo(offset: number): Promise<number> {
    return this.cut((made) => {
      if (offset >= this.end) return
      const segment = made.segments.from(offset)[0]
      const place = segment?.find(offset)
      const isHeld = segment === undefined || place === undefined || place.baseOffset <= offset
      const end = isHeld ? (place?.baseOffset ?? offset) : endBefore(segment, place.position)
      invariant(end <= offset, 'a log is cut off where it was asked to, or before')
      this.cutTo(end)
      const behind = made.segments.takeFrom(Math.max(end, (segment?.baseOffset ?? 0) + 1))
      made.store.remove(behind)
      if (place !== undefined) segment?.truncate(place.position, end)
      made.keeper.cutTo(end, made.segments)
      this.start = Math.min(this.start, end)
    })
  }

  /** Drops all and goes on at `offset`, as `truncateTo` does. */
  truncateFullyAndStartAt(offset: number): Promise<number> {
    if (this.made === undefined) {
      this.start = this.end = this.next = this.flushedEnd = offset
      return Promise.resolve(offset)
    }
    return this.cut((made) => {
      this.cutTo(0)
      made.store.remove(made.segments.takeFrom(0))
      this.start = this.end = this.next = this.flushedEnd = offset
      made.keeper.startAt(offset)
    })
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
    this.checkOnline()
    if (offset > this.end) throw new KafkaError('OFFSET_OUT_OF_RANGE', `${offset} > ${this.end}`)
    if (offset <= this.start) return 0
    this.start = offset
    const { made } = this
    if (made === undefined) return 0
    made.keeper.moveStartTo(offset)
    return made.cleaning === undefined ? this.removeBeforeStart(made) : 0
  }

  /**
   * Removes what `retention.ms` and `retention.bytes` no longer keep.
   *
   * @returns How many segments were removed.
   */
  async applyRetention({
    nowMs,
    highWatermark,
  }: {
    nowMs: number
    highWatermark: number
  }): Promise<number> {
    const look = () => {
      const limits = { nowMs, highWatermark, logEndOffset: this.end }
      return retainedFrom(this.segmentList, this.config, limits)
    }
    let from = look()
    if (from === undefined || from <= this.start) return 0
    if (from === this.end) {
      await this.roll() // the active segment goes too
      from = look() // what was there may have been cut off since
    }
    return from === undefined ? 0 : this.moveStartTo(from)
  }

  /** By rising offset; it may change with each call of this log. */
  get segmentList(): readonly Segment[] {
    return this.made === undefined ? [] : [...this.made.segments]
  }

  /**
   * To be called before a cleaning looks at the segments. Until it ends none is removed at the
   * front. A cut and a close cancel it, before they change anything, so that nothing waits for it.
   */
  beginCleaning(): Cleaning {
    this.checkOnline()
    const { made } = this
    invariant(made !== undefined, 'only a log with segments is cleaned')
    invariant(made.cleaning === undefined, 'a log is cleaned by one at a time')
    made.cleaning = { isCancelled: false }
    return made.cleaning
  }

  /** To be called in any case. @throws {StorageError} */
  async endCleaning(): Promise<void> {
    const { made } = this
    if (made === undefined) return
    made.cleaning = undefined
    if (!this.closed && this.problem === undefined) await this.removeBeforeStart(made)
  }

  /** To be awaited before a cleaning changes anything. @throws {StorageError} */
  async settle(): Promise<void> {
    const { made } = this
    if (made !== undefined) await this.guard('settle', () => made.store.settle())
  }

  /** Puts cleaned segments, whose files are there and durable, in the place of those before. */
  replaceSegments(replacement: Replacement): void {
    this.checkOnline()
    const { made } = this
    invariant(made?.cleaning?.isCancelled === false, 'what was read of the log is still there')
    // What was cleaned away must not be served from memory either.
    this.services.tail.drop(this)
    this.guardNow('swap segments', () => made.store.replace(replacement))
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
    const { made } = this
    if (made !== undefined) {
      this.cancelCleaning()
      await this.written()
      while (made.flushing !== undefined || made.removing !== undefined) {
        await Promise.all([made.flushing, made.removing])
      }
      this.checkOnline()
      if (!made.store.isAsStopped) {
        this.finish(made)
        await this.flushNow(made, { isLast: true })
      }
    }
    this.release()
  }

  /**
   * Closes files, so that the log can be opened without a look at its batches. What was written
   * stays in the page cache, flushed or not; what waits to be written is dropped.
   */
  close(): void {
    const { made } = this
    const isWhole = this.problem === undefined && !this.closed && made?.writer.isIdle === true
    if (isWhole && !made.store.isAsStopped) this.finish(made)
    this.release()
  }

  /** Says on the disk what is left to say. */
  private finish({ segments, store, keeper }: Made): void {
    const { active } = segments
    if (active === undefined) return
    this.guardNow('close', () => {
      store.close(active, keeper.snapshot())
      keeper.writeChangedEpochs()
    })
  }

  private release(): void {
    this.cancelCleaning() // one may have begun since
    this.services.tail.drop(this)
    this.closed = true
    this.made?.writer.end()
    for (const segment of this.segmentList) segment.release()
  }

  private async removeBeforeStart(made: Made): Promise<number> {
    const removed = made.segments.takeBefore(this.start)
    if (removed.length === 0) return 0
    const before = made.removing
    const removing = this.guard('remove segments', async () => {
      await before
      await made.store.removeInOrder(removed, () => !this.closed)
      if (!this.closed) made.keeper.removeSnapshotsBefore(made.segments.first?.baseOffset ?? 0)
    })
    made.removing = removing
    try {
      await removing
    } finally {
      if (made.removing === removing) made.removing = undefined
    }
    return removed.length
  }

  private cancelCleaning(): void {
    if (this.made?.cleaning !== undefined) this.made.cleaning.isCancelled = true
  }

  private make(opened: Pick<OpenedLog, 'segments' | 'state' | 'found' | 'names'>): Made {
    const { segments, state } = opened
    const { options, services } = this
    const files = new StateFiles(services.files, options.directory)
    const keeper = new StateKeeper(files, state, options.producerIdExpirationMs)
    const place = { directory: options.directory, config: this.ownConfig }
    const store = new SegmentStore(place, services, opened, files)
    const owner: LogWriterOwner = {
      wrote: (batches, segment) => this.wrote(batches, segment),
      failed: (error, what) => this.fail(error, what) !== error,
    }
    const writer = new LogWriter(store, services, owner)
    const idle = {
      aborted: new Map(),
      flushing: undefined,
      removing: undefined,
      cleaning: undefined,
    }
    return { segments, keeper, store, writer, ...idle }
  }

  /** What follows from a batch is known from now on, whether it is written yet or not. */
  private take(made: Made, batch: Uint8Array): void {
    const baseOffset = baseOffsetOf(batch, 0)
    const nextOffset = nextOffsetOf(batch, 0)
    invariant(baseOffset >= this.next, 'offsets rise from batch to batch')
    const ended = made.keeper.took(batch, baseOffset)
    if (ended?.isAborted === true) made.aborted.set(batch, ended)
    this.services.tail.add(this, { baseOffset, nextOffset }, batch)
    this.next = nextOffset
  }

  private wrote(batches: readonly Uint8Array[], segment: Segment): void {
    const { made } = this
    invariant(made !== undefined, 'only a log with segments is written')
    if (made.aborted.size > 0) {
      for (const batch of batches) {
        const ended = made.aborted.get(batch)
        if (ended === undefined) continue
        segment.indexes.addAborted(ended)
        made.aborted.delete(batch)
      }
    }
    this.end = nextOffsetOf(batches.at(-1) as Uint8Array, 0)
    if (!made.writer.isIdle) this.listener?.written()
  }

  /** @returns The end of the log after `act`, which nothing else comes between. */
  private async cut(act: (made: Made) => void): Promise<number> {
    this.checkOnline()
    this.cancelCleaning()
    const { made } = this
    if (made === undefined) return this.end
    return made.writer.exclusive(async () => {
      await this.guard('truncate', () => made.store.settle())
      // A failure of these is known: the log is offline then. Each may begin while the other ends.
      while (made.flushing !== undefined || made.removing !== undefined) {
        await Promise.allSettled([made.flushing, made.removing])
      }
      this.checkOnline()
      invariant(this.next === this.end, 'nothing is appended while a cut waits')
      this.guardNow('truncate', () => act(made))
      made.writer.forget()
      return this.end
    })
  }

  /** Before anything is cut off. */
  private cutTo(endOffset: number): void {
    this.cancelCleaning() // one may have begun since
    this.services.tail.drop(this)
    this.end = endOffset
    this.next = endOffset
    this.options.beforeCut?.(endOffset)
    this.flushedEnd = Math.min(this.flushedEnd, endOffset)
  }

  private async flushNow({ store, keeper }: Made, { isLast }: { isLast: boolean }): Promise<void> {
    const { end } = this
    await this.guard('flush', async () => {
      await store.syncFrom(this.flushedEnd)
      this.checkOnline() // if it was closed, another log may have its directory's name by now
      const hasNewName = await keeper.writeChangedEpochsLater(() => !this.closed)
      this.checkOnline()
      await store.syncNames({ hasNewName, withItsOwn: !isLast })
    })
    this.flushedEnd = Math.max(this.flushedEnd, end)
  }

  private checkOnline(): void {
    if (this.closed) throw new StorageError('Closed', `${this.directory} was closed`)
    if (this.problem !== undefined) throw this.problem
  }

  private guardNow(what: string, act: () => void): void {
    try {
      act()
    } catch (error) {
      throw this.fail(error, what)
    }
  }

  private async guard(what: string, act: () => Promise<void>): Promise<void> {
    try {
      await act()
    } catch (error) {
      throw this.fail(error, what)
    }
  }

  /** What the disk refused takes the log offline; anything else is our own mistake. */
  private fail(error: unknown, what: string): unknown {
    if (!isFromDisk(error)) return error
    if (this.closed) {
      return new StorageError('Closed', `${this.directory} was closed, ${what} ended`)
    }
    if (this.problem === undefined) {
      this.problem = storageErrorOf(error, `${this.directory} is offline, ${what} failed`)
      this.made?.writer.end()
      this.listener?.failed(this.problem)
    }
    return this.problem
  }
}

/** The parts of a log that has batches. */
type Made = {
  readonly segments: Segments
  readonly store: SegmentStore
  readonly keeper: StateKeeper
  readonly writer: LogWriter
  /** Transactions aborted by markers that are not written yet. */
  readonly aborted: Map<Uint8Array, CompletedTransaction>
  flushing: Promise<void> | undefined
  /** Segments that are on their way out. */
  removing: Promise<void> | undefined
  cleaning: Cleaning | undefined
}

function nothing() {
  const names = { changed: true }
  return { segments: new Segments([]), state: undefined, found: 'recovered', names } as const
}
