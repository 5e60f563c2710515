import {
  batchEndOf,
  maxTimestampOf,
  nextOffsetOf,
  recordsCountOf,
} from '../protocol/records/header.ts'
import type { FileHandles } from './file-handles.ts'
import { type DirectoryNames, IndexFile } from './index-file.ts'
import { type IndexedBatch, OffsetIndex } from './offset-index.ts'
import { type IndexedTime, TimeIndex } from './time-index.ts'
import {
  type AbortedTransaction,
  abortedTransactionSizeBytes,
  encodeAbortedTransaction,
  searchAborted,
  transactionIndexEnd,
} from './transaction-index.ts'

export type SegmentIndexesOptions = {
  readonly pathOf: (kind: 'index' | 'timeindex' | 'txnindex') => string
  readonly baseOffset: number
  /** About how many bytes of log there are between two entries of an index. */
  readonly intervalBytes: number
  readonly names: DirectoryNames
}

/** Entries of each index on the disk; undefined where there is no file. */
export type IndexCounts = {
  readonly indexEntries: number | undefined
  readonly timeEntries: number | undefined
  readonly abortedEntries: number | undefined
}

/** The last entry of each index, where there is one. */
export type LastEntries = {
  readonly indexed: IndexedBatch | undefined
  readonly time: IndexedTime | undefined
  /** Not decoded. */
  readonly aborted: Uint8Array | undefined
}

/** The three indexes of one segment: where batches begin, how late records are, what was aborted. */
export class SegmentIndexes {
  private readonly baseOffset: number
  private readonly intervalBytes: number
  private readonly offsets: OffsetIndex
  private readonly times: TimeIndex
  private readonly aborted: IndexFile
  private bytesSinceIndexed = 0
  /** The largest timestamp of all batches, and the last offset of the first that has it. */
  private largest: IndexedTime | undefined

  constructor(
    handles: FileHandles,
    { pathOf, baseOffset, intervalBytes, names }: SegmentIndexesOptions,
    { indexEntries, timeEntries, abortedEntries }: IndexCounts,
  ) {
    this.baseOffset = baseOffset
    this.intervalBytes = intervalBytes
    const offsets = { path: pathOf('index'), baseOffset, count: indexEntries, names }
    this.offsets = new OffsetIndex(handles, offsets)
    const times = { path: pathOf('timeindex'), baseOffset, count: timeEntries, names }
    this.times = new TimeIndex(handles, times)
    this.aborted = new IndexFile(handles, {
      path: pathOf('txnindex'),
      entryBytes: abortedTransactionSizeBytes,
      count: abortedEntries,
      names,
    })
  }

  /** Entries of the offset index, which has room for about two billion. */
  get entries(): number {
    return this.offsets.count
  }

  /** The largest time of all batches; of a segment that was opened the last entry says it. */
  get largestTime(): IndexedTime | undefined {
    this.largest ??= this.times.last()
    return this.largest
  }

  /** Takes note of a batch that was added at `position`, of which `bytes` has the header at `start`. */
  note(bytes: Uint8Array, start: number, position: number): void {
    const time = timeOf(bytes, start)
    this.noteTime(time)
    if (this.bytesSinceIndexed > this.intervalBytes) {
      this.offsets.add({ offset: time.offset, position })
      if (this.largest !== undefined) this.times.add(this.largest)
      this.bytesSinceIndexed = 0
    }
    this.bytesSinceIndexed += batchEndOf(bytes, start) - start
  }

  /** The same of its time alone, of a batch that is in the other indexes already. */
  noteTime({ timestamp, offset }: IndexedTime): void {
    if (timestamp > (this.largestTime?.timestamp ?? noTimestamp))
      this.largest = { timestamp, offset }
  }

  /** Where to begin to look for the batch that holds `offset`. */
  positionBefore(offset: number): number {
    return this.offsets.positionBefore(offset)
  }

  /** Where an indexed batch begins, at or before a position. */
  lastPositionUpTo(position: number): number | undefined {
    return this.offsets.lastPositionUpTo(position)
  }

  /** Where to begin to look for the first record that is not before a time. */
  positionBeforeTime(timestamp: number): number {
    return this.positionOf(this.times.lastBefore(timestamp))
  }

  /** Behind which there may be later times than any index says. */
  get lastTimePosition(): number {
    return this.positionOf(this.times.last())
  }

  /** Where the last indexed batch begins. */
  get lastPosition(): number {
    return this.offsets.last()?.position ?? 0
  }

  /** Takes note of a transaction that was aborted by a marker in this segment. */
  addAborted(transaction: AbortedTransaction): void {
    this.aborted.add(encodeAbortedTransaction(transaction))
  }

  /** The aborted transactions that overlap a range: see `searchAborted`. */
  findAborted(range: { fetchOffset: number; upperBoundOffset: number }) {
    return searchAborted(this.aborted.all(), range)
  }

  /** Whether the last entries point into a segment of that size. */
  makeSense(sizeBytes: number): boolean {
    const last = this.offsets.last()
    const time = this.times.last()
    if (time !== undefined && time.offset < this.baseOffset) return false
    if (last === undefined) return true
    const { offset, position } = last
    return offset >= this.baseOffset && position >= 0 && position < sizeBytes
  }

  /** The last entry of each; undefined if one of them does not end with a whole one. */
  lastEntries(): LastEntries | undefined {
    if (!this.all().every((index) => index.endsWithEntry())) return undefined
    return {
      indexed: this.offsets.last(),
      time: this.times.last(),
      aborted: this.aborted.last(),
    }
  }

  /** Drops all, to be noted anew. */
  clear(): void {
    for (const index of this.all()) index.clear()
    this.largest = undefined
    this.bytesSinceIndexed = 0
  }

  /** Drops what is of batches from a position on; times behind the last entry have to be noted anew. */
  truncate({ position, nextOffset }: { position: number; nextOffset: number }): void {
    this.offsets.truncateTo(position)
    this.times.truncateTo(nextOffset)
    const end = transactionIndexEnd(this.aborted.all(), nextOffset)
    this.aborted.truncate(end / abortedTransactionSizeBytes)
    this.bytesSinceIndexed = 0
    this.largest = undefined
  }

  /**
   * Says all there is to say, as is right for a segment that nothing is added to. Both files are
   * there then, if empty, as Kafka's tools want them.
   */
  close({ isEmpty }: { isEmpty: boolean }): void {
    if (this.largestTime !== undefined) this.times.add(this.largestTime)
    for (const index of this.all()) index.flush()
    if (isEmpty) return
    this.offsets.make()
    this.times.make()
  }

  /** Makes all entries durable. @param isWanted Asked before each: the files may go meanwhile. */
  async sync(isWanted: () => boolean): Promise<void> {
    for (const index of this.all()) if (isWanted()) await index.sync()
  }

  /** Makes them durable at once. */
  syncNow(): void {
    for (const index of this.all()) index.syncNow()
  }

  /** Lets the next `sync` make all durable, even if nothing is added. */
  doubt(): void {
    for (const index of this.all()) index.doubt()
  }

  private all() {
    return [this.offsets, this.times, this.aborted]
  }

  private positionOf(time: IndexedTime | undefined): number {
    return time === undefined ? 0 : this.offsets.positionBefore(time.offset)
  }
}

/** Of a record without one, as of no record at all. */
export const noTimestamp = -1

/** The latest time of a batch, with its last offset. */
export function timeOf(bytes: Uint8Array, start: number): IndexedTime {
  // What compaction left empty keeps its timestamp, but there is no record that has it.
  const isEmpty = recordsCountOf(bytes, start) === 0
  const timestamp = isEmpty ? noTimestamp : maxTimestampOf(bytes, start)
  return { timestamp, offset: nextOffsetOf(bytes, start) - 1 }
}
