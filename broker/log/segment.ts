import { invariant } from '../../lib/invariant.ts'
import { StorageError } from '../../lib/storage-error.ts'
import { maxTimestampOf, nextOffsetOf } from '../protocol/records/header.ts'
import type { FileSlice } from '../protocol/schema/fields.ts'
import { BatchFile, type BatchPlace } from './batch-file.ts'
import { BatchSource } from './batch-source.ts'
import type { FileHandles } from './file-handles.ts'
import type { DirectoryNames } from './index-file.ts'
import { type SegmentFile, segmentFileName } from './names.ts'
import { type IndexCounts, noTimestamp, SegmentIndexes, timeOf } from './segment-indexes.ts'

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
 * One segment of a log: a file of record batches and their indexes, in Kafka's own form. Batches are
 * never looked into beyond their header.
 */
export class Segment {
  readonly baseOffset: number
  readonly batches: BatchFile
  readonly indexes: SegmentIndexes
  private readonly handles: FileHandles
  private readonly directory: string
  private isRetired = false
  /** Of slices, where there were any. */
  private source: BatchSource | undefined

  constructor(handles: FileHandles, options: SegmentOptions, state: SegmentState = nothing) {
    const { directory, baseOffset, indexIntervalBytes: intervalBytes, names } = options
    this.baseOffset = baseOffset
    this.handles = handles
    this.directory = directory
    this.batches = new BatchFile(handles, this.pathOf('log'), state.sizeBytes)
    const pathOf = (kind: SegmentFile) => this.pathOf(kind)
    const index = { pathOf, baseOffset, intervalBytes, names }
    this.indexes = new SegmentIndexes(handles, index, state)
    this.source = undefined
  }

  get path(): string {
    return this.batches.path
  }

  get sizeBytes(): number {
    return this.batches.sizeBytes
  }

  /** Of all records, or -1 for a segment that has none. */
  get maxTimestamp(): number {
    return this.indexes.largestTime?.timestamp ?? noTimestamp
  }

  /** Of the first batch, or undefined where there is none or it has no timestamp. */
  get firstTimestamp(): number | undefined {
    return this.batches.firstTimestamp
  }

  /** Entries of the offset index, which has room for about two billion. */
  get indexEntries(): number {
    return this.indexes.entries
  }

  /** Writes whole batches behind the others in one call, each of the parts one batch. */
  append(batches: readonly Uint8Array[]): void {
    const position = this.batches.sizeBytes
    this.batches.write(batches)
    this.note(batches, position)
  }

  /** As `append`, without blocking. Nothing else may be appended before it has settled. */
  async appendLater(batches: readonly Uint8Array[]): Promise<void> {
    const position = this.batches.sizeBytes
    await this.batches.writeLater(batches)
    this.note(batches, position)
  }

  /** The batch that holds `offset`, or the next one where it was compacted away, or undefined. */
  find(offset: number): BatchPlace | undefined {
    return this.batches.search(this.indexes.positionBefore(offset), (bytes, start) => {
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
    return this.batches.search(
      Math.max(this.indexes.positionBeforeTime(timestamp), position),
      (bytes, start) => maxTimestampOf(bytes, start) >= timestamp,
    )
  }

  /** The batch that brought the largest timestamp, or undefined for a segment that has none. */
  findMaxTimestamp(): BatchPlace | undefined {
    const { largestTime } = this.indexes
    return largestTime === undefined ? undefined : this.find(largestTime.offset)
  }

  /**
   * Whole batches from `position` on. They may be read until the turn ends, or for as long as they
   * are held (`BatchSource`).
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
    this.source ??= new BatchSource(this.handles, this.path)
    this.source.lend()
    return { file: this.source, position, byteLength: Math.max(first, end) - position }
  }

  /** @throws {StorageError} Closed, if it is retired. */
  async readLater(into: Uint8Array, position: number): Promise<number> {
    if (!this.isRetired) return this.batches.readLater(into, position)
    throw new StorageError('Closed', `segment ${this.path} is gone, read the log again`)
  }

  /** Cuts the segment off in front of the batch that begins at `position`. */
  truncate(position: number, nextOffset: number): void {
    invariant(position <= this.sizeBytes, 'a segment is not made longer by cutting it off')
    this.source?.cut()
    this.source = undefined
    if (position < this.sizeBytes) this.batches.cut(position)
    this.indexes.truncate({ position, nextOffset })
    this.indexes.syncNow()
    this.findLargest()
  }

  /**
   * Looks behind the last entry of the time index for a later time: there may be one in a segment
   * that was not closed, or was cut off.
   */
  findLargest(): void {
    this.batches.walk(this.indexes.lastTimePosition, (bytes, start) => {
      this.indexes.noteTime(timeOf(bytes, start))
      return true
    })
  }

  /** Makes indexes say all there is to say: nothing is added to the segment any more. */
  close(): void {
    this.indexes.close({ isEmpty: this.sizeBytes === 0 })
  }

  /** Makes all batches and indexes durable. */
  async sync(): Promise<void> {
    if (this.sizeBytes === 0) return
    await this.batches.sync()
    // Once it is retired its names are others' to see to.
    await this.indexes.sync(() => !this.isRetired)
  }

  /**
   * Makes durable what a process before this one may have cut off and not have made so: of the
   * batches at once, of the indexes with the next `sync`, before which none of them is believed.
   */
  async settle(): Promise<void> {
    await this.batches.sync()
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
   * holds a slice of it can read on.
   */
  retire(): void {
    this.source?.retire()
    this.release()
    this.isRetired = true
  }

  private note(batches: readonly Uint8Array[], position: number): void {
    let at = position
    for (const batch of batches) {
      this.indexes.note(batch, 0, at)
      at += batch.byteLength
    }
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
