import {
  baseOffsetOf,
  batchEndOf,
  maxTimestampOf,
  nextOffsetOf,
} from '../protocol/records/header.ts'
import { headerSizeBytes } from '../protocol/records/layout.ts'
import { type BatchVisit, walkBatches, walkHeaders } from './batch-walk.ts'
import type { FileHandles } from './file-handles.ts'

/** Where a batch lies in its segment. Offsets and positions are exclusive ends. */
export type BatchPlace = {
  readonly baseOffset: number
  readonly nextOffset: number
  readonly position: number
  readonly endPosition: number
}

/** The batches of one segment, one behind the other in a file, which is made with the first write. */
export class BatchFile {
  readonly path: string
  private readonly handles: FileHandles
  private size: number
  private firstMs: number | undefined

  constructor(handles: FileHandles, path: string, sizeBytes: number) {
    this.handles = handles
    this.path = path
    this.size = sizeBytes
    this.firstMs = undefined
  }

  get sizeBytes(): number {
    return this.size
  }

  /** Of the first batch, or undefined where there is none or it has no timestamp. */
  get firstTimestamp(): number | undefined {
    if (this.firstMs === undefined) {
      this.walk(0, (bytes, start) => {
        this.firstMs = maxTimestampOf(bytes, start)
        return false
      })
    }
    return this.firstMs === undefined || this.firstMs < 0 ? undefined : this.firstMs
  }

  /** Writes whole batches behind the others in one call, each of the parts one batch. */
  write(batches: readonly Uint8Array[]): void {
    this.handles.create(this.path).write(batches, this.size)
    this.wrote(batches)
  }

  /** As `write`, without blocking. Nothing else may be written before it has settled. */
  async writeLater(batches: readonly Uint8Array[]): Promise<void> {
    this.handles.create(this.path)
    await this.handles.hold(this.path, (file) => file.writeLater(batches, this.size))
    this.wrote(batches)
  }

  read(into: Uint8Array, position: number): number {
    return this.handles.use(this.path).read(into, position)
  }

  readLater(into: Uint8Array, position: number): Promise<number> {
    return this.handles.hold(this.path, (file) => file.readLater(into, position))
  }

  /** Reads the whole batch that begins at `position`. */
  whole(position: number): Uint8Array {
    const header = new Uint8Array(headerSizeBytes)
    this.read(header, position)
    const batch = new Uint8Array(batchEndOf(header, 0))
    this.read(batch, position)
    return batch
  }

  /** Goes over the headers of all batches from `position` on: see `walkHeaders`. */
  walk(position: number, visit: BatchVisit): number {
    if (this.size === 0) return 0
    return walkHeaders(this.handles.use(this.path), { from: position, to: this.size }, visit)
  }

  /**
   * Shows each batch whole, from the beginning or a later one, until `check` returns false.
   *
   * @returns Where the batches end that were good.
   */
  scan(check: BatchVisit, from = 0): number {
    return walkBatches(this.handles.use(this.path), { from, to: this.size }, check)
  }

  /** The first batch from `position` on that is wanted, or undefined. */
  search(
    position: number,
    wanted: (bytes: Uint8Array, start: number) => boolean,
  ): BatchPlace | undefined {
    let found: BatchPlace | undefined
    this.walk(position, (bytes, start, at) => {
      if (!wanted(bytes, start)) return true
      found = {
        baseOffset: baseOffsetOf(bytes, start),
        nextOffset: nextOffsetOf(bytes, start),
        position: at,
        endPosition: at + batchEndOf(bytes, start) - start,
      }
      return false
    })
    return found
  }

  /**
   * Cuts off what lies from `position` on, and makes durable what is there, even if nothing is cut
   * off. Before anything is written behind it: else what was cut off could come back after a loss of
   * power, behind what was written since.
   */
  cut(position: number): void {
    const file = this.handles.create(this.path)
    if (position < file.sizeBytes()) file.truncate(position)
    file.sync()
    this.endAt(position)
  }

  /** Takes no note of what lies from `position` on. */
  endAt(position: number): void {
    this.size = position
    if (position === 0) this.firstMs = undefined
  }

  /** Makes all batches durable. */
  async sync(): Promise<void> {
    if (this.size > 0) await this.handles.hold(this.path, (file) => file.syncLater())
  }

  private wrote(batches: readonly Uint8Array[]): void {
    if (this.size === 0 && batches[0] !== undefined) this.firstMs = maxTimestampOf(batches[0], 0)
    for (const { byteLength } of batches) this.size += byteLength
  }
}
