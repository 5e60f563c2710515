import type { Files } from '../../../lib/files.ts'
import { nextOffsetOf } from '../../protocol/records/header.ts'
import { FileHandles } from '../file-handles.ts'
import { segmentFileName } from '../names.ts'
import { Segment, type SegmentState } from '../segment.ts'
import { TimeIndex } from '../time-index.ts'
import type { AbortedTransaction } from '../transaction-index.ts'
import { suffixedFiles } from './suffixed-files.ts'
import { cleanedSuffix } from './swap.ts'

/** A segment that takes the place of others, once `swapSegments` has given it its names. */
export type CleanedSegment = { readonly baseOffset: number; readonly state: SegmentState }

export type CleanedSegmentsOptions = {
  readonly directory: string
  /** Of the first segment. */
  readonly baseOffset: number
  readonly indexIntervalBytes: number
  readonly segmentBytes: number
}

/**
 * Writes what is left of a group of segments under names that end in `.cleaned`. That is one
 * segment, but for batches that became larger (a delete horizon makes timestamps longer, another
 * compressor may be worse) so that they do not fit in one. Each begins where the one before ended:
 * there is no hole between them.
 */
export class CleanedSegments {
  private readonly files: Files
  private readonly handles: FileHandles
  private readonly options: CleanedSegmentsOptions
  private readonly done: CleanedSegment[] = []
  private readonly begun: Segment[] = []
  private segment: Segment
  private pending: Uint8Array[] = []
  private pendingBytes = 0
  private nextOffset: number
  private abortedEntries = 0

  constructor(files: Files, options: CleanedSegmentsOptions) {
    this.files = suffixedFiles(files, cleanedSuffix)
    this.handles = new FileHandles(this.files, { most: 3 })
    this.options = options
    this.nextOffset = options.baseOffset
    this.segment = this.begin()
  }

  /** Bytes that were added and not yet written. */
  get unwrittenBytes(): number {
    return this.pendingBytes
  }

  /** Adds a batch, which may not change before it is written. */
  async add(batch: Uint8Array): Promise<void> {
    const sizeBytes = this.segment.sizeBytes + this.pendingBytes
    if (sizeBytes > 0 && sizeBytes + batch.length > this.options.segmentBytes) {
      await this.finishSegment()
      this.segment = this.begin()
    }
    this.pending.push(batch)
    this.pendingBytes += batch.length
    this.nextOffset = nextOffsetOf(batch, 0)
  }

  /** Puts an aborted transaction into the index, whose marker was the last batch. */
  addAborted(transaction: AbortedTransaction): void {
    this.segment.indexes.addAborted(transaction)
    this.abortedEntries += 1
  }

  async write(): Promise<void> {
    if (this.pending.length === 0) return
    const { pending } = this
    this.pending = []
    this.pendingBytes = 0
    await this.segment.appendLater(pending)
  }

  /** Makes all durable. @returns None if no batch was added. */
  async finish(): Promise<readonly CleanedSegment[]> {
    await this.finishSegment()
    return this.done
  }

  /** Removes what was written, if that can be: the next cleaning would do it, or the next start. */
  discard(): void {
    try {
      for (const segment of this.begun) this.remove(segment)
    } catch {
      // Why the cleaning ended is what its caller has to know.
    }
  }

  private begin(): Segment {
    const { directory, indexIntervalBytes } = this.options
    const names = { changed: true } // swapSegments makes them durable
    const options = { directory, baseOffset: this.nextOffset, indexIntervalBytes, names }
    const segment = new Segment(this.handles, options)
    this.remove(segment) // of a cleaning that could not clean up
    this.begun.push(segment)
    this.abortedEntries = 0
    return segment
  }

  private async finishSegment(): Promise<void> {
    await this.write()
    const { segment } = this
    const { baseOffset, sizeBytes } = segment
    if (sizeBytes === 0) return
    segment.close()
    await segment.sync()
    const timeIndex = `${this.options.directory}/${segmentFileName(baseOffset, 'timeindex')}`
    const timeBytes = this.handles.use(timeIndex).sizeBytes()
    const timeEntries = Math.floor(timeBytes / TimeIndex.entryBytes)
    const { abortedEntries } = this
    const state = { sizeBytes, indexEntries: segment.indexEntries, timeEntries, abortedEntries }
    segment.release()
    this.done.push({ baseOffset, state })
  }

  private remove(segment: Segment): void {
    segment.release()
    for (const path of segment.paths()) this.files.remove(path)
  }
}
