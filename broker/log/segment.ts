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
import type { DirectoryNames } from './index-file.ts'
import { type SegmentFile, segmentFileName } from './names.ts'
import {
  type IndexCounts,
  type LastEntries,
  noTimestamp,
  SegmentIndexes,
} from './segment-indexes.ts'
import type { IndexedTime } from './time-index.ts'
import type { AbortedTransaction } from './transaction-index.ts'

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

/** What is known of a segment that is on the disk. */
export type SegmentState = IndexCounts & { readonly sizeBytes: number }

/**
 * One segment of a log: a file of record batches and two indexes, in Kafka's own form. Batches are
 * never looked into beyond their header.
 */
export class Segment {
  readonly baseOffset: number
  readonly path: string
  private readonly handles: FileHandles
  private readonly directory: string
  private readonly indexes: SegmentIndexes
  private size: number
  private first: number | undefined
  private isRetired = false

  constructor(handles: FileHandles, options: SegmentOptions, state: SegmentState = nothing) {
    const { directory, baseOffset, indexIntervalBytes: intervalBytes, names } = options
    this.handles = handles
    this.directory = directory
    this.baseOffset = baseOffset
    this.path = this.pathOf('log')
    this.size = state.sizeBytes
    const pathOf = (kind: SegmentFile) => this.pathOf(kind)
    const index = { pathOf, baseOffset, intervalBytes, names }
    this.indexes = new SegmentIndexes(handles, index, state)
  }

  get sizeBytes(): number {
    return this.size
  }

  /** Of all records, or -1 for a segment that has none. */
  get maxTimestamp(): number {
    return this.indexes.largestTime?.timestamp ?? noTimestamp
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
    return this.indexes.entries
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
    return this.search(this.indexes.positionBefore(offset), (bytes, start) => {
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
    return this.search(
      Math.max(this.indexes.positionBeforeTime(timestamp), position),
      (bytes, start) => maxTimestampOf(bytes, start) >= timestamp,
    )
  }

  /** The batch that brought the largest timestamp, or undefined for a segment that has none. */
  findMaxTimestamp(): BatchPlace | undefined {
    const { largestTime } = this.indexes
    return largestTime === undefined ? undefined : this.find(largestTime.offset)
  }

  /** Takes note of a transaction that was aborted by a marker in this segment. */
  addAborted(transaction: AbortedTransaction): void {
    this.indexes.addAborted(transaction)
  }

  /** The aborted transactions that overlap a range: see `searchAborted`. */
  findAborted(range: { fetchOffset: number; upperBoundOffset: number }) {
    return this.indexes.findAborted(range)
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
    const end = most === limit ? limit : (this.indexes.lastPositionUpTo(most) ?? position)
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
    this.indexes.truncate({ position, nextOffset })
    this.indexes.syncNow()
    this.findLargest()
  }

  /**
   * Looks behind the last entry of the time index for a later time: there may be one in a segment
   * that was not closed, or was cut off.
   */
  findLargest(): void {
    this.walk(this.indexes.lastTimePosition, (bytes, start) => {
      this.indexes.noteTime(timeOf(bytes, start))
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
    this.indexes.clear()
    this.first = undefined
    this.size = 0
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
    const indexed = this.indexesMakeSense() ? this.indexes.lastPosition : 0
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
    return this.indexes.makeSense(this.size)
  }

  /** Makes indexes say all there is to say: nothing is added to the segment any more. */
  close(): void {
    this.indexes.close({ isEmpty: this.size === 0 })
  }

  /** The last entry of each index; undefined if one of them does not end with a whole one. */
  lastEntries(): LastEntries | undefined {
    return this.indexes.lastEntries()
  }

  /** Makes all batches and indexes durable. */
  async sync(): Promise<void> {
    if (this.size === 0) return
    await this.handles.hold(this.path, (file) => file.syncLater())
    // Once it is retired its names are others' to see to.
    await this.indexes.sync(() => !this.isRetired)
  }

  /** Makes the indexes durable at once, after `rebuild` and what was added to it. */
  syncIndexes(): void {
    this.indexes.syncNow()
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
    this.indexes.doubt()
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
    const { timestamp, offset } = timeOf(bytes, start)
    if (this.size === 0) this.first = timestamp
    const sizeBytes = batchEndOf(bytes, start) - start
    this.indexes.note({ offset, timestamp, position: this.size, sizeBytes })
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

/** The latest time of a batch, with its last offset. */
function timeOf(bytes: Uint8Array, start: number): IndexedTime {
  // What compaction left empty keeps its timestamp, but there is no record that has it.
  const isEmpty = recordsCountOf(bytes, start) === 0
  const timestamp = isEmpty ? noTimestamp : maxTimestampOf(bytes, start)
  return { timestamp, offset: nextOffsetOf(bytes, start) - 1 }
}
