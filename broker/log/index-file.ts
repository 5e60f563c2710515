import type { OpenFile } from '../../lib/files.ts'
import { invariant } from '../../lib/invariant.ts'
import type { FileHandles } from './file-handles.ts'

/** Whether names in the directory of a log changed since they were last made durable. */
export type DirectoryNames = { changed: boolean }

export type IndexFileOptions = {
  readonly path: string
  readonly entryBytes: number
  /** Entries in the file; undefined if there is no file. */
  readonly count: number | undefined
  readonly names: DirectoryNames
}

/**
 * A file of entries of one size in rising order, which is searched on the disk: an index of a
 * segment of 1 GiB has 2 to 3 MB, too much to hold for every partition. Entries that were added
 * are kept in memory until there are enough for a write, or until somebody flushes.
 */
export class IndexFile {
  private readonly handles: FileHandles
  private readonly path: string
  private readonly entryBytes: number
  /** Entries in the file. */
  private written: number
  /** Entries behind those, not yet written. */
  private pending: Uint8Array[] = []
  /** The file was changed since it was last made durable. */
  private isDirty = false
  private exists: boolean
  private readonly names: DirectoryNames

  constructor(handles: FileHandles, { path, entryBytes, count, names }: IndexFileOptions) {
    this.handles = handles
    this.path = path
    this.entryBytes = entryBytes
    this.written = count ?? 0
    this.exists = count !== undefined
    this.names = names
  }

  get count(): number {
    return this.written + this.pending.length
  }

  add(entry: Uint8Array): void {
    invariant(entry.length === this.entryBytes, 'all entries of an index have one size')
    this.pending.push(entry)
    if (this.pending.length >= maxPending) this.flush()
  }

  /** Writes what is pending, so that the file has all entries. */
  flush(): void {
    if (this.pending.length === 0) return
    this.make().write(this.pending, this.written * this.entryBytes)
    this.written += this.pending.length
    this.pending = []
    this.isDirty = true
  }

  /** Has a file there, if an empty one. */
  make(): OpenFile {
    if (!this.exists) this.names.changed = true
    this.exists = true
    return this.handles.create(this.path)
  }

  /** Makes all entries durable. */
  async sync(): Promise<void> {
    this.flush()
    if (!this.isDirty) return
    this.isDirty = false
    await this.handles.hold(this.path, (file) => file.syncLater())
  }

  /** As `sync`, at once. */
  syncNow(): void {
    this.flush()
    if (this.isDirty) this.handles.use(this.path).sync()
    this.isDirty = false
  }

  /** Whether the file ends where an entry ends: after a loss of power it need not. */
  endsWithEntry(): boolean {
    if (!this.exists) return true
    return this.handles.use(this.path).sizeBytes() === this.written * this.entryBytes
  }

  /** Lets the next `sync` cover what a process before this one may have changed. */
  doubt(): void {
    if (this.exists) this.isDirty = true
  }

  /** @returns A view on one entry, to be used before the next call here. */
  entry(index: number): DataView {
    invariant(index >= 0 && index < this.count, 'an entry that is there')
    const own = this.pending[index - this.written]
    if (own !== undefined) return viewOf(own)
    const bytes = new Uint8Array(this.entryBytes)
    this.handles.use(this.path).read(bytes, index * this.entryBytes)
    return viewOf(bytes)
  }

  last(): Uint8Array | undefined {
    if (this.count === 0) return undefined
    const { buffer, byteOffset, byteLength } = this.entry(this.count - 1)
    return new Uint8Array(buffer, byteOffset, byteLength)
  }

  /** All entries, one behind the other. */
  all(): Uint8Array {
    this.flush()
    const bytes = new Uint8Array(this.written * this.entryBytes)
    if (this.written > 0) this.handles.use(this.path).read(bytes, 0)
    return bytes
  }

  /** @returns How many entries come before the first that is `above`: a binary search. */
  countUntil(above: (entry: DataView) => boolean): number {
    let low = 0
    let high = this.count
    while (low < high) {
      const middle = (low + high) >>> 1
      if (above(this.entry(middle))) high = middle
      else low = middle + 1
    }
    return low
  }

  /**
   * Drops all. To be made durable even if there was nothing: a process that was killed may have
   * dropped it and not have got to that.
   */
  clear(): void {
    this.pending = []
    this.written = 0
    if (!this.exists) return
    this.handles.use(this.path).truncate(0)
    this.isDirty = true
  }

  /** Keeps the first `count` entries. */
  truncate(count: number): void {
    if (count >= this.count) return
    this.pending = this.pending.slice(0, Math.max(0, count - this.written))
    if (count >= this.written) return
    this.written = count
    this.handles.use(this.path).truncate(count * this.entryBytes)
    this.isDirty = true
  }
}

/** 256 entries of an index lie 1 MB of log apart. */
const maxPending = 256

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
