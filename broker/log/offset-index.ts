import { writeInt32 } from '../protocol/records/bytes.ts'
import type { FileHandles } from './file-handles.ts'
import { IndexFile, type IndexFileOptions } from './index-file.ts'

/** The last offset of a batch, and where in the segment that batch begins. */
export type IndexedBatch = { readonly offset: number; readonly position: number }

/**
 * Where batches of a segment begin, for about one in `index.interval.bytes`: Kafka's `.index`, with
 * 8 bytes an entry, the batch's last offset relative to the segment's base, and its position.
 */
export class OffsetIndex {
  static readonly entryBytes = 8
  private readonly file: IndexFile
  private readonly baseOffset: number

  constructor(
    handles: FileHandles,
    { baseOffset, ...options }: Omit<IndexFileOptions, 'entryBytes'> & { baseOffset: number },
  ) {
    this.file = new IndexFile(handles, { ...options, entryBytes: OffsetIndex.entryBytes })
    this.baseOffset = baseOffset
  }

  get count(): number {
    return this.file.count
  }

  add({ offset, position }: IndexedBatch): void {
    const entry = new Uint8Array(OffsetIndex.entryBytes)
    writeInt32(entry, 0, offset - this.baseOffset)
    writeInt32(entry, 4, position)
    this.file.add(entry)
  }

  /** Where to begin to look for the batch that holds `offset`: 0, or an indexed batch before it. */
  positionBefore(offset: number): number {
    const relative = offset - this.baseOffset
    const count = this.file.countUntil((entry) => entry.getInt32(0) >= relative)
    // The first entry at or above the offset may itself hold it, but only if it begins before.
    return count === 0 ? 0 : this.file.entry(count - 1).getInt32(4)
  }

  /** The last position of an indexed batch that is not above `position`, or undefined. */
  lastPositionUpTo(position: number): number | undefined {
    const count = this.file.countUntil((entry) => entry.getInt32(4) > position)
    return count === 0 ? undefined : this.file.entry(count - 1).getInt32(4)
  }

  last(): IndexedBatch | undefined {
    if (this.count === 0) return undefined
    const entry = this.file.entry(this.count - 1)
    return { offset: this.baseOffset + entry.getInt32(0), position: entry.getInt32(4) }
  }

  /** Drops the entries of batches that begin at or behind `position`. */
  truncateTo(position: number): void {
    this.file.truncate(this.file.countUntil((entry) => entry.getInt32(4) >= position))
  }

  clear(): void {
    this.file.clear()
  }

  endsWithEntry(): boolean {
    return this.file.endsWithEntry()
  }

  make(): void {
    this.file.make()
  }

  doubt(): void {
    this.file.doubt()
  }

  flush(): void {
    this.file.flush()
  }

  sync(): Promise<void> {
    return this.file.sync()
  }

  syncNow(): void {
    this.file.syncNow()
  }
}
