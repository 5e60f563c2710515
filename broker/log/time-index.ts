import { writeInt32, writeInt64 } from '../protocol/records/bytes.ts'
import type { FileHandles } from './file-handles.ts'
import { IndexFile, type IndexFileOptions } from './index-file.ts'

/** The largest timestamp so far, and the last offset of the batch that brought it. */
export type IndexedTime = { readonly timestamp: number; readonly offset: number }

/**
 * From which offset on records may be later than a time: Kafka's `.timeindex`, with 12 bytes an
 * entry, both rising. No record up to an entry's offset is later than its timestamp.
 */
export class TimeIndex {
  static readonly entryBytes = 12
  private readonly file: IndexFile
  private readonly baseOffset: number
  /** The last entry, if it is known: it is asked for with each one that is added. */
  private newest: IndexedTime | undefined

  constructor(
    handles: FileHandles,
    { baseOffset, ...options }: Omit<IndexFileOptions, 'entryBytes'> & { baseOffset: number },
  ) {
    this.file = new IndexFile(handles, { ...options, entryBytes: TimeIndex.entryBytes })
    this.baseOffset = baseOffset
  }

  get count(): number {
    return this.file.count
  }

  /** Adds an entry if it is later than the last one. */
  add({ timestamp, offset }: IndexedTime): void {
    const last = this.last()
    if (last !== undefined && (timestamp <= last.timestamp || offset <= last.offset)) return
    const entry = new Uint8Array(TimeIndex.entryBytes)
    writeInt64(entry, 0, timestamp)
    writeInt32(entry, 8, offset - this.baseOffset)
    this.file.add(entry)
    this.newest = { timestamp, offset }
  }

  /** The last entry whose timestamp is below `timestamp`: what is looked for lies behind it. */
  lastBefore(timestamp: number): IndexedTime | undefined {
    const count = this.file.countUntil((entry) => Number(entry.getBigInt64(0)) >= timestamp)
    return count === 0 ? undefined : this.at(count - 1)
  }

  last(): IndexedTime | undefined {
    if (this.count > 0) this.newest ??= this.at(this.count - 1)
    return this.newest
  }

  /** Drops the entries from `offset` on. */
  truncateTo(offset: number): void {
    this.newest = undefined
    const relative = offset - this.baseOffset
    this.file.truncate(this.file.countUntil((entry) => entry.getInt32(8) >= relative))
  }

  clear(): void {
    this.newest = undefined
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

  private at(index: number): IndexedTime {
    const entry = this.file.entry(index)
    const timestamp = Number(entry.getBigInt64(0))
    return { timestamp, offset: this.baseOffset + entry.getInt32(8) }
  }
}
