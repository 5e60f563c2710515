import { invariant } from '../../lib/invariant.ts'
import type { Files } from '../io/files.ts'
import { KafkaError } from '../protocol/errors.ts'
import { baseOffsetOf, nextOffsetOf } from '../protocol/records/header.ts'
import type { Part } from '../protocol/schema/fields.ts'
import type { Replacement } from './compaction/clean.ts'
import { swapSegments } from './compaction/swap.ts'
import type { FileHandles } from './file-handles.ts'
import { type FoundRecord, findByTimestamp, findMaxTimestamp } from './find-record.ts'
import { LeaderEpochs } from './leader-epochs.ts'
import type { LogConfig } from './log-config.ts'
import { LogState } from './log-state.ts'
import { ProducerState } from './producer-state.ts'
import { replaySegments } from './replay.ts'
import { retainedFrom } from './retention.ts'
import { mustRoll } from './roll.ts'
import { Segment, type SegmentState } from './segment.ts'
import { Segments } from './segments.ts'
import { StateFiles } from './state-files.ts'
import { isFromDisk, type StorageError, storageErrorOf } from './storage-error.ts'
import type { Tail } from './tail.ts'
import type { AbortedTransaction } from './transaction-index.ts'

/** What all logs of a broker share. */
export type LogServices = {
  readonly files: Files
  readonly handles: FileHandles
  readonly tail: Tail
}

/** What is known of a log when it is opened. Offsets are exclusive ends. */
export type OpenedLog = {
  readonly segments: Segments
  readonly logStartOffset: number
  readonly logEndOffset: number
  /** All before it is durable. */
  readonly flushedEndOffset: number
  /** Undefined for a log that has no batch. */
  readonly state: LogState | undefined
}

/** Where a log lies, and what holds for it. */
export type LogOptions = {
  readonly directory: string
  readonly config: LogConfig
  /** `producer.id.expiration.ms` */
  readonly producerIdExpirationMs: number
  /**
   * Called before the log becomes shorter than what was made durable: whoever keeps the flushed end
   * must keep the new one first, or the log could not be trusted after a crash in between.
   */
  readonly beforeCut?: ((endOffset: number) => void) | undefined
}

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
  config: LogConfig
  private readonly services: LogServices
  private readonly segments: Segments
  private start: number
  private end: number
  private flushedEnd: number
  private problem: StorageError | undefined
  private flushing: Promise<void> | undefined
  private readonly options: LogOptions
  private readonly stateFiles: StateFiles
  /** Made with the first batch: most logs of a broker may never get one. */
  private state: LogState | undefined
  private epochsChanged = false
  /** Segments whose indexes were finished since the last flush, which may have covered the rest. */
  private closed: Segment[] = []
  /** Whether the directory's own name is durable, of which nothing is known at first. */
  private isNameDurable = false

  constructor(options: LogOptions, services: LogServices, opened: OpenedLog = nothing()) {
    this.options = options
    this.directory = options.directory
    this.config = options.config
    this.stateFiles = new StateFiles(services.files, options.directory)
    this.state = opened.state
    this.services = services
    this.segments = opened.segments
    this.start = opened.logStartOffset
    this.end = opened.logEndOffset
    this.flushedEnd = opened.flushedEndOffset
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
    return this.state
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
    for (let done = 0; done < batches.length; ) {
      const segment = this.segmentFor(batches[done] as Uint8Array, nowMs)
      const count = this.fitting(segment, batches, done, nowMs)
      const own = count === batches.length ? batches : batches.slice(done, done + count)
      this.guard('append', () => segment.append(own))
      for (const batch of own) this.took(batch)
      done += count
    }
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
    const fromTail = this.services.tail.read(this, offset, { maxBytes, endOffset })
    if (fromTail !== undefined) return sliceOf(fromTail)
    for (const segment of this.segments.from(offset)) {
      const place = segment.find(offset)
      if (place === undefined) continue // compacted away to its end
      if (place.nextOffset > endOffset) break
      const limit =
        endOffset >= this.segments.endOf(segment) || endOffset === this.end
          ? segment.sizeBytes
          : (segment.find(endOffset)?.position ?? segment.sizeBytes)
      const range = { maxBytes, first: place.endPosition, limit }
      return sliceOf([segment.slice(place.position, range)])
    }
    return sliceOf([])
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
    this.closeSegment(active)
    this.addSegment(this.end)
  }

  /**
   * The aborted transactions of which a reader of committed records has to know, for batches from
   * `fetchOffset` up to `upperBoundOffset`.
   */
  abortedTransactions(range: {
    fetchOffset: number
    upperBoundOffset: number
  }): AbortedTransaction[] {
    const found: AbortedTransaction[] = []
    for (const segment of this.segments.from(range.fetchOffset)) {
      const { aborted, isComplete } = segment.findAborted(range)
      found.push(...aborted)
      if (isComplete) break
    }
    return found
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
   * Cuts the log off at `offset`, or where the batch begins that holds it.
   *
   * @returns The new end.
   */
  truncateTo(offset: number): number {
    this.checkOnline()
    if (offset >= this.end) return this.end
    const segment = this.segments.from(offset)[0]
    const place = segment?.find(offset)
    this.end = place?.baseOffset ?? offset
    this.cutTo(this.end)
    this.guard('truncate', () => {
      const behind = this.segments.takeFrom(Math.max(this.end, (segment?.baseOffset ?? 0) + 1))
      for (const own of behind) this.removeFiles(own)
      if (place !== undefined) segment?.truncate(place.position, this.end)
      this.recoverState()
    })
    this.start = Math.min(this.start, this.end)
    return this.end
  }

  /** Drops all and goes on at `offset`: a follower whose leader has nothing older. */
  truncateFullyAndStartAt(offset: number): void {
    this.checkOnline()
    this.cutTo(Math.min(offset, this.flushedEnd))
    this.guard('truncate', () => {
      for (const segment of this.segments.takeFrom(0)) this.removeFiles(segment)
      this.stateFiles.removeSnapshots(() => true)
      this.start = offset
      this.end = offset
      this.flushedEnd = offset
      this.state?.epochs.clear()
      this.state?.producers.truncateFullyAndStartAt(offset)
      this.writeEpochs()
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
    if (this.state?.epochs.truncateFromStart(offset) === true) this.epochsChanged = true
    this.state?.producers.onLogStartOffsetIncremented(offset)
    const removed = this.segments.takeBefore(offset)
    if (removed.length === 0) return 0
    this.guard('remove segments', () => {
      for (const segment of removed) this.removeFiles(segment)
      const first = this.segments.first?.baseOffset ?? 0
      this.stateFiles.removeSnapshots((snapshot) => snapshot < first)
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
  replaceSegments({ removed, added }: Replacement): void {
    this.checkOnline()
    // What was cleaned away must not be served from memory either.
    this.services.tail.drop(this)
    this.guard('swap segments', () => {
      const bases = (own: readonly { baseOffset: number }[]) => own.map((one) => one.baseOffset)
      const old = this.segmentList.filter(({ baseOffset }) => bases(removed).includes(baseOffset))
      for (const segment of old) segment.retire()
      const swap = { removed: bases(removed), added: bases(added) }
      swapSegments(this.services.files, this.directory, swap)
      const segments = added.map(({ baseOffset, state }) => this.newSegment(baseOffset, state))
      this.segments.replace(old, segments)
    })
  }

  /**
   * Closes files, so that the log can be opened without a look at its batches. What was written
   * stays in the page cache, flushed or not.
   */
  close(): void {
    this.services.tail.drop(this)
    const { active } = this.segments
    if (this.problem === undefined && active !== undefined) {
      this.closeSegment(active)
      if (this.epochsChanged) this.guard('close', () => this.writeEpochs())
    }
    for (const segment of this.segments) segment.release()
  }

  private segmentFor(batch: Uint8Array, nowMs: number): Segment {
    const { active } = this.segments
    if (active === undefined) return this.addSegment(baseOffsetOf(batch, 0))
    if (!mustRoll(active, batch, 0, this.config, nowMs)) return active
    this.closeSegment(active)
    return this.addSegment(baseOffsetOf(batch, 0))
  }

  private closeSegment(segment: Segment): void {
    this.guard('close a segment', () => {
      segment.close()
      this.closed.push(segment)
      if (this.state !== undefined) this.stateFiles.writeSnapshot(this.state.producers)
      // If the name of the next segment survives a loss of power, so must that of this one.
      this.services.files.syncDirectory(this.directory)
    })
  }

  /** How many batches from `first` on go into the segment, one at least. */
  private fitting(
    segment: Segment,
    batches: readonly Uint8Array[],
    first: number,
    nowMs: number,
  ): number {
    let bytes = (batches[first] as Uint8Array).byteLength
    let index = first + 1
    for (; index < batches.length; index++) {
      const batch = batches[index] as Uint8Array
      if (mustRoll(segment, batch, bytes, this.config, nowMs)) break
      bytes += batch.byteLength
    }
    return index - first
  }

  private addSegment(baseOffset: number): Segment {
    const { files } = this.services
    if (this.segments.count === 0) this.guard('make', () => files.makeDirectory(this.directory))
    const segment = this.newSegment(baseOffset)
    this.segments.add(segment)
    return segment
  }

  private newSegment(baseOffset: number, state?: SegmentState): Segment {
    const { indexIntervalBytes } = this.config
    const options = { directory: this.directory, baseOffset, indexIntervalBytes }
    return new Segment(this.services.handles, options, state)
  }

  private took(batch: Uint8Array): void {
    const baseOffset = baseOffsetOf(batch, 0)
    const nextOffset = nextOffsetOf(batch, 0)
    invariant(baseOffset >= this.end, 'offsets rise from batch to batch')
    this.state ??= newState(baseOffset)
    const { ended, newEpoch } = this.state.replay(batch)
    if (ended?.isAborted === true) this.segments.active?.addAborted(ended)
    if (newEpoch) this.epochsChanged = true
    this.services.tail.add(this, { baseOffset, nextOffset }, batch)
    this.end = nextOffset
  }

  /** Before anything is cut off. */
  private cutTo(endOffset: number): void {
    this.services.tail.drop(this)
    if (endOffset >= this.flushedEnd) return
    this.options.beforeCut?.(endOffset)
    this.flushedEnd = endOffset
  }

  /** After the end was cut off: what followed from it is forgotten. */
  private recoverState(): void {
    if (this.state === undefined) return
    const { producerIdExpirationMs } = this.options
    const fromOffset = this.segments.first?.baseOffset ?? this.end
    const expiry = { nowMs: 0, producerIdExpirationMs }
    this.stateFiles.removeSnapshots((offset) => offset > this.end)
    this.state.producers = this.stateFiles.readSnapshot(this.end, { fromOffset, ...expiry })
    replaySegments(this.segments, this.state, () => {})
    this.writeEpochs()
  }

  /**
   * Durably, and with it all that was removed in the directory: a segment that was cut off and comes
   * back after a loss of power would contradict what is written at its offsets since.
   */
  private writeEpochs(): void {
    if (this.state !== undefined) this.stateFiles.writeEpochs(this.state.epochs)
    this.epochsChanged = false
  }

  private async flushNow(): Promise<void> {
    const { end, flushedEnd } = this
    const segments = new Set([...this.closed, ...this.segments.from(flushedEnd)])
    this.closed = []
    try {
      for (const segment of segments) if (this.segments.has(segment)) await segment.sync()
      // The epochs of batches that will not be gone over again must be known from the file.
      if (this.epochsChanged) this.writeEpochs()
      this.services.files.syncDirectory(this.directory)
      if (!this.isNameDurable) this.services.files.syncDirectory(parentOf(this.directory))
      this.isNameDurable = true
    } catch (error) {
      throw this.fail(error, 'flush')
    }
    // Meanwhile it may have been cut off.
    this.flushedEnd = Math.max(this.flushedEnd, Math.min(end, this.end))
  }

  private removeFiles(segment: Segment): void {
    segment.retire()
    for (const path of segment.paths()) this.services.files.remove(path)
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

function nothing(): OpenedLog {
  const segments = new Segments([])
  return { segments, logStartOffset: 0, logEndOffset: 0, flushedEndOffset: 0, state: undefined }
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/'
}

function newState(startOffset: number): LogState {
  return new LogState(new LeaderEpochs(), new ProducerState(startOffset))
}

function sliceOf(parts: readonly Part[]): LogSlice {
  return { parts, sizeBytes: parts.reduce((sum, { byteLength }) => sum + byteLength, 0) }
}
