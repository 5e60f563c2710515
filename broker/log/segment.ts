import { invariant } from '../../lib/invariant.ts'
import { KafkaError } from '../protocol/errors.ts'
import {
  baseOffsetOf,
  batchEndOf,
  maxTimestampOf,
  nextOffsetOf,
  recordsCountOf,
} from '../protocol/records/header.ts'
import { headerSizeBytes } from '../protocol/records/layout.ts'
import type { FileSlice } from '../protocol/schema/fields.ts'
import { walkBatches, walkHeaders } from './batch-walk.ts'
import type { FileHandles } from './file-handles.ts'
import { type DirectoryNames, IndexFile } from './index-file.ts'
import { type SegmentFile, segmentFileName } from './names.ts'
import { type IndexedBatch, OffsetIndex } from './offset-index.ts'
import { type IndexedTime, TimeIndex } from './time-index.ts'
import {
  type AbortedTransaction,
  abortedTransactionSizeBytes,
  encodeAbortedTransaction,
  searchAborted,
  transactionIndexEnd,
} from './transaction-index.ts'

/** Where a batch lies in its segment. Offsets and positions are exclusive ends. */
export type BatchPlace = {
  readonly baseOffset: number
  readonly nextOffset: number
  readonly position: number
  readonly endPosition: number
}

export type SegmentOptions = {
  readonly directory: string
  readonly baseOffset: number
  /** About how many bytes of log there are between two entries of an index. */
  readonly indexIntervalBytes: number
  readonly names: DirectoryNames
}

/** The last entry of each index, where there is one. */
export type LastEntries = {
  readonly indexed: IndexedBatch | undefined
  readonly time: IndexedTime | undefined
  /** Not decoded. */
  readonly aborted: Uint8Array | undefined
}

/** What is known of a segment that is on the disk. */
export type SegmentState = {
  readonly sizeBytes: number
  /** Entries of each index; undefined where there is no file. */
  readonly indexEntries: number | undefined
  readonly timeEntries: number | undefined
  readonly abortedEntries: number | undefined
}

/**
 * One segment of a log: a file of record batches and two indexes, in Kafka's own form. Batches are
 * never looked into beyond their header.
 */
export class Segment {
  readonly baseOffset: number
  readonly path: string
  private readonly handles: FileHandles
  private readonly directory: string
  private readonly indexIntervalBytes: number
  private readonly offsets: OffsetIndex
  private readonly times: TimeIndex
  private readonly aborted: IndexFile
  private size: number
  private bytesSinceIndexed = 0
  private first: number | undefined
  private isRetired = false
  /** The largest timestamp of all batches, and the last offset of the first that has it. */
  private largest: IndexedTime | undefined

  constructor(handles: FileHandles, options: SegmentOptions, state: SegmentState = nothing) {
    const { directory, baseOffset, indexIntervalBytes, names } = options
    this.handles = handles
    this.directory = directory
    this.baseOffset = baseOffset
    this.indexIntervalBytes = indexIntervalBytes
    this.path = this.pathOf('log')
    this.size = state.sizeBytes
    const index = { path: this.pathOf('index'), baseOffset, count: state.indexEntries, names }
    this.offsets = new OffsetIndex(handles, index)
    const times = { path: this.pathOf('timeindex'), baseOffset, count: state.timeEntries, names }
    this.times = new TimeIndex(handles, times)
    this.aborted = new IndexFile(handles, {
      path: this.pathOf('txnindex'),
      entryBytes: abortedTransactionSizeBytes,
      count: state.abortedEntries,
      names,
    })
  }

  get sizeBytes(): number {
    return this.size
  }

  /** Of all records, or -1 for a segment that has none. */
  get maxTimestamp(): number {
    return this.largestTime()?.timestamp ?? noTimestamp
  }

  /** Of the first batch, or undefined where there is none or it has no timestamp. */
  get firstTimestamp(): number | undefined {
    if (this.first === undefined && this.size > 0) {
      this.walk(0, (bytes, start) => {
        this.first = maxTimestampOf(bytes, start)
        return false
      })
    }
    return this.first === undefined || this.first < 0 ? undefined : this.first
  }

  /** Entries of the offset index, which has room for about two billion. */
  get indexEntries(): number {
    return this.offsets.count
  }

  /** Writes whole batches behind the others in one call, each of the parts one batch. */
  append(batches: readonly Uint8Array[]): void {
    this.handles.create(this.path).write(batches, this.size)
    for (const batch of batches) this.note(batch)
  }

  /** As `append`, without blocking. Nothing else may be appended before it has settled. */
  async appendLater(batches: readonly Uint8Array[]): Promise<void> {
    this.handles.create(this.path)
    await this.handles.hold(this.path, (file) => file.writeLater(batches, this.size))
    for (const batch of batches) this.note(batch)
  }

  /** The batch that holds `offset`, or the next one where it was compacted away, or undefined. */
  find(offset: number): BatchPlace | undefined {
    return this.search(this.offsets.positionBefore(offset), (bytes, start) => {
      return nextOffsetOf(bytes, start) > offset
    })
  }

  /**
   * The first batch that has a record at or after `timestamp`, or undefined.
   *
   * @param position From where on to look.
   */
  findTimestamp(timestamp: number, position = 0): BatchPlace | undefined {
    if (timestamp > this.maxTimestamp) return undefined
    const before = this.times.lastBefore(timestamp)
    const from = before === undefined ? 0 : this.offsets.positionBefore(before.offset)
    return this.search(
      Math.max(from, position),
      (bytes, start) => maxTimestampOf(bytes, start) >= timestamp,
    )
  }

  /** The batch that brought the largest timestamp, or undefined for a segment that has none. */
  findMaxTimestamp(): BatchPlace | undefined {
    const largest = this.largestTime()
    return largest === undefined ? undefined : this.find(largest.offset)
  }

  /** Takes note of a transaction that was aborted by a marker in this segment. */
  addAborted(transaction: AbortedTransaction): void {
    this.aborted.add(encodeAbortedTransaction(transaction))
  }

  /** The aborted transactions that overlap a range: see `searchAborted`. */
  findAborted(range: { fetchOffset: number; upperBoundOffset: number }) {
    return searchAborted(this.aborted.all(), range)
  }

  /**
   * Whole batches from `position` on.
   *
   * @param maxBytes The first batch is in it even if it is larger.
   * @param first Where the first batch ends.
   * @param limit Where what may be read ends.
   */
  slice(
    position: number,
    { maxBytes, first, limit }: { maxBytes: number; first: number; limit: number },
  ): FileSlice {
    const most = Math.min(limit, position + maxBytes)
    const end = most === limit ? limit : (this.offsets.lastPositionUpTo(most) ?? position)
    return { file: this, position, byteLength: Math.max(first, end) - position }
  }

  read(into: Uint8Array, position: number): number {
    this.checkThere()
    return this.handles.use(this.path).read(into, position)
  }

  async readLater(into: Uint8Array, position: number): Promise<number> {
    this.checkThere()
    return this.handles.hold(this.path, (file) => file.readLater(into, position))
  }

  /** Reads the whole batch that begins at `position`. */
  wholeBatch(position: number): Uint8Array {
    const header = new Uint8Array(headerSizeBytes)
    this.read(header, position)
    const batch = new Uint8Array(batchEndOf(header, 0))
    this.read(batch, position)
    return batch
  }

  /** Goes over the headers of all batches from `position` on: see `walkHeaders`. */
  walk(position: number, visit: (bytes: Uint8Array, start: number, at: number) => boolean): number {
    if (this.size === 0) return 0
    return walkHeaders(this.handles.use(this.path), { from: position, to: this.size }, visit)
  }

  /** Where the batches end that lie before `position`. Goes over all of them. */
  endBefore(position: number): number {
    let end = this.baseOffset
    this.walk(0, (bytes, start, at) => {
      if (at < position) end = nextOffsetOf(bytes, start)
      return at < position
    })
    return end
  }

  /** Cuts the segment off in front of the batch that begins at `position`. */
  truncate(position: number, nextOffset: number): void {
    invariant(position <= this.size, 'a segment is not made longer by cutting it off')
    if (position < this.size) this.cut(position)
    this.size = position
    this.offsets.truncateTo(position)
    this.times.truncateTo(nextOffset)
    const end = transactionIndexEnd(this.aborted.all(), nextOffset)
    this.aborted.truncate(end / abortedTransactionSizeBytes)
    this.syncIndexes()
    this.bytesSinceIndexed = 0
    this.largest = undefined
    this.findLargest()
  }

  /**
   * Looks behind the last entry of the time index for a later time: there may be one in a segment
   * that was not closed, or was cut off.
   */
  findLargest(): void {
    const last = this.times.last()
    this.walk(last === undefined ? 0 : this.offsets.positionBefore(last.offset), (bytes, start) => {
      const timestamp = maxTimestampOf(bytes, start)
      if (timestamp > this.maxTimestamp && recordsCountOf(bytes, start) > 0) {
        this.largest = { timestamp, offset: nextOffsetOf(bytes, start) - 1 }
      }
      return true
    })
  }

  /**
   * Shows each batch whole, from the beginning or a later one, until `check` returns false.
   *
   * @returns Where the batches end that were good.
   */
  scan(check: (bytes: Uint8Array, start: number) => boolean, from = 0): number {
    const file = this.handles.use(this.path)
    return walkBatches(file, { from, to: this.size }, check)
  }

  /**
   * Cuts off what lies behind the good batches, and makes both indexes anew. That of aborted
   * transactions is empty then, to be filled by who goes over the batches.
   *
   * What is there is made durable even if nothing is cut off: a process that was killed may have
   * cut it off already and not have got to that.
   */
  rebuild(goodBytes: number): void {
    this.cut(goodBytes)
    const file = this.handles.use(this.path)
    this.offsets.clear()
    this.times.clear()
    this.aborted.clear()
    this.largest = undefined
    this.first = undefined
    this.size = 0
    this.bytesSinceIndexed = 0
    walkHeaders(file, { from: 0, to: goodBytes }, (bytes, start) => {
      this.note(bytes, start)
      return true
    })
    this.close()
  }

  /**
   * Where the last batch ends, found from the last entry of the index on.
   *
   * @returns Undefined if the segment does not end with a whole batch.
   */
  lastOffsetEnd(): number | undefined {
    const indexed = this.indexesMakeSense() ? (this.offsets.last()?.position ?? 0) : 0
    // An index that leads astray is no proof that the batches are damaged.
    return this.endFrom(indexed) ?? this.endFrom(0)
  }

  private endFrom(position: number): number | undefined {
    let end = this.baseOffset
    const stop = this.walk(position, (bytes, start) => {
      end = nextOffsetOf(bytes, start)
      return true
    })
    return stop === this.size ? end : undefined
  }

  /** Whether the last entries of both indexes point into the segment. */
  indexesMakeSense(): boolean {
    const last = this.offsets.last()
    const time = this.times.last()
    if (time !== undefined && time.offset < this.baseOffset) return false
    if (last === undefined) return true
    const { offset, position } = last
    return offset >= this.baseOffset && position >= 0 && position < this.size
  }

  /**
   * Makes indexes say all there is to say, as is right for a segment that nothing is added to. Both
   * files are there then, if empty, as Kafka's tools want them.
   */
  close(): void {
    const largest = this.largestTime()
    if (largest !== undefined) this.times.add(largest)
    this.offsets.flush()
    this.times.flush()
    this.aborted.flush()
    if (this.size === 0) return
    this.offsets.make()
    this.times.make()
  }

  /** The last entry of each index; undefined if one of them does not end with a whole one. */
  lastEntries(): LastEntries | undefined {
    const indexes = [this.offsets, this.times, this.aborted]
    if (!indexes.every((index) => index.endsWithEntry())) return undefined
    return {
      indexed: this.offsets.last(),
      time: this.times.last(),
      aborted: this.aborted.last(),
    }
  }

  /** Makes all batches and indexes durable. */
  async sync(): Promise<void> {
    if (this.size === 0) return
    await this.handles.hold(this.path, (file) => file.syncLater())
    for (const index of [this.offsets, this.times, this.aborted]) {
      if (this.isRetired) return // meanwhile; what its names stand for now is others' to see to
      await index.sync()
    }
  }

  /** Makes the indexes durable at once, after `rebuild` and what was added to it. */
  syncIndexes(): void {
    this.offsets.syncNow()
    this.times.syncNow()
    this.aborted.syncNow()
  }

  /**
   * Makes durable what a process before this one may have cut off and not have made so: of the
   * batches at once, of the indexes with the next `sync`, before which none of them is believed.
   */
  async settle(): Promise<void> {
    if (this.size > 0) await this.handles.hold(this.path, (file) => file.syncLater())
    this.doubtIndexes()
  }

  /** Lets the next `sync` make all indexes durable, even if nothing is added to them. */
  doubtIndexes(): void {
    for (const index of [this.offsets, this.times, this.aborted]) index.doubt()
  }

  /** The paths of its files, of which some may not be there. */
  paths(): string[] {
    return segmentFiles.map((kind) => this.pathOf(kind))
  }

  /** Gives its file handles back. */
  release(): void {
    for (const path of this.paths()) this.handles.close(path)
  }

  /**
   * Gives its file handles back for good: its files are removed, or others take their names. Who
   * still holds a slice of it must ask the log again.
   */
  retire(): void {
    this.release()
    this.isRetired = true
  }

  /** Takes note of a batch that lies at the end, of which `bytes` has the header at `start`. */
  private note(bytes: Uint8Array, start = 0): void {
    const offset = nextOffsetOf(bytes, start) - 1
    // What compaction left empty keeps its timestamp, but there is no record that has it.
    const isEmpty = recordsCountOf(bytes, start) === 0
    const timestamp = isEmpty ? noTimestamp : maxTimestampOf(bytes, start)
    if (this.size === 0) this.first = timestamp
    const largest = this.largestTime()
    if (timestamp > (largest?.timestamp ?? noTimestamp)) this.largest = { timestamp, offset }
    if (this.bytesSinceIndexed > this.indexIntervalBytes) {
      this.offsets.add({ offset, position: this.size })
      if (this.largest !== undefined) this.times.add(this.largest)
      this.bytesSinceIndexed = 0
    }
    const sizeBytes = batchEndOf(bytes, start) - start
    this.bytesSinceIndexed += sizeBytes
    this.size += sizeBytes
  }

  private search(
    from: number,
    wanted: (bytes: Uint8Array, start: number) => boolean,
  ): BatchPlace | undefined {
    let found: BatchPlace | undefined
    this.walk(from, (bytes, start, position) => {
      if (!wanted(bytes, start)) return true
      found = {
        baseOffset: baseOffsetOf(bytes, start),
        nextOffset: nextOffsetOf(bytes, start),
        position,
        endPosition: position + batchEndOf(bytes, start) - start,
      }
      return false
    })
    return found
  }

  /** Of a segment that was opened, the last entry of the index says it. */
  private largestTime(): IndexedTime | undefined {
    this.largest ??= this.times.last()
    return this.largest
  }

  /**
   * Durable before anything is written behind it: else what was cut off could come back after a
   * loss of power, behind what was written since.
   */
  private cut(position: number): void {
    const file = this.handles.create(this.path)
    if (position < file.sizeBytes()) file.truncate(position)
    file.sync()
  }

  private checkThere(): void {
    if (!this.isRetired) return
    throw new KafkaError('OFFSET_OUT_OF_RANGE', `segment ${this.path} is gone, read the log again`)
  }

  private pathOf(kind: SegmentFile): string {
    return `${this.directory}/${segmentFileName(this.baseOffset, kind)}`
  }
}

const nothing: SegmentState = {
  sizeBytes: 0,
  indexEntries: undefined,
  timeEntries: undefined,
  abortedEntries: undefined,
}
const segmentFiles = ['log', 'index', 'timeindex', 'txnindex'] as const
/** Of a record without one, as of no record at all. */
const noTimestamp = -1
