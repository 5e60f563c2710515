import type { Files } from '../io/files.ts'
import { baseOffsetOf } from '../protocol/records/header.ts'
import type { Replacement } from './compaction/clean.ts'
import { swapSegments } from './compaction/swap.ts'
import type { FileHandles } from './file-handles.ts'
import type { LogConfig } from './log-config.ts'
import type { Found } from './log-options.ts'
import { mustRoll } from './roll.ts'
import { Segment, type SegmentState } from './segment.ts'
import type { Segments } from './segments.ts'

/** The segments of one log and their files: makes, closes, replaces, removes and syncs them. */
export class SegmentStore {
  readonly list: Segments
  config: LogConfig
  private readonly directory: string
  private readonly files: Files
  private readonly handles: FileHandles
  private readonly onClosed: () => void
  /** Segments whose indexes were finished since the last sync, which may have covered the rest. */
  private closed: Segment[] = []
  /** Whether the directory's own name is durable, of which nothing is known after a crash. */
  private isNameDurable: boolean
  /** The same of the names in it, as far as they are of segments. */
  private areNamesDurable: boolean
  /** How all is, until something is changed. */
  private found: Found

  /** @param onClosed Called when a segment is closed, so that what follows from it is written. */
  constructor(
    { directory, config }: { directory: string; config: LogConfig },
    { files, handles }: { files: Files; handles: FileHandles },
    { segments, found }: { segments: Segments; found: Found },
    onClosed: () => void,
  ) {
    this.directory = directory
    this.config = config
    this.files = files
    this.handles = handles
    this.list = segments
    this.found = found
    this.isNameDurable = found === 'stopped'
    this.areNamesDurable = found === 'stopped'
    this.onClosed = onClosed
  }

  /** Whether nothing was changed since an orderly stop. */
  get isAsStopped(): boolean {
    return this.found === 'stopped'
  }

  /** Where a batch goes: the active segment, or a new one. */
  segmentFor(batch: Uint8Array, nowMs: number): Segment {
    this.settle()
    const { active } = this.list
    if (active !== undefined && !mustRoll(active, batch, 0, this.config, nowMs)) return active
    if (active !== undefined) this.close(active)
    return this.begin(baseOffsetOf(batch, 0))
  }

  /** How many batches from `first` on go into the segment, one at least. */
  fitting(segment: Segment, batches: readonly Uint8Array[], first: number, nowMs: number): number {
    let bytes = (batches[first] as Uint8Array).byteLength
    let index = first + 1
    for (; index < batches.length; index++) {
      const batch = batches[index] as Uint8Array
      if (mustRoll(segment, batch, bytes, this.config, nowMs)) break
      bytes += batch.byteLength
    }
    return index - first
  }

  /** Makes a new active segment. The directory is made with the first; files with the first write. */
  begin(baseOffset: number): Segment {
    if (this.list.count === 0) this.files.makeDirectory(this.directory)
    const segment = this.segmentAt(baseOffset)
    this.list.add(segment)
    return segment
  }

  /**
   * Makes a new active segment and its file, durably, before all others are removed: a log without
   * a file could not tell its end, and would look as if it were gone.
   */
  beginDurably(baseOffset: number): void {
    const segment = this.begin(baseOffset)
    this.handles.create(segment.path)
    this.files.syncDirectory(this.directory)
  }

  /** Finishes a segment that nothing is added to any more. Nothing is durable yet. */
  finish(segment: Segment): void {
    if (this.found === 'flushed') segment.doubtIndexes()
    segment.close()
    this.closed.push(segment)
    this.onClosed()
  }

  /** The same where another one follows. */
  close(segment: Segment): void {
    this.settle()
    this.finish(segment)
    // If the name of the next segment survives a loss of power, so must that of this one.
    this.files.syncDirectory(this.directory)
  }

  /** Removes the files of segments that are out of the list. Not durable yet. */
  remove(segments: readonly Segment[]): void {
    this.settle()
    for (const segment of segments) {
      segment.retire()
      for (const path of segment.paths()) this.files.remove(path)
    }
  }

  /** The same so that after a loss of power too those that are left follow each other. */
  removeInOrder(segments: readonly Segment[]): void {
    for (const [index, segment] of segments.entries()) {
      if (index > 0) this.files.syncDirectory(this.directory)
      this.remove([segment])
    }
  }

  /** Puts cleaned segments, whose files are there and durable, in the place of those before. */
  replace({ removed, added }: Replacement): void {
    this.settle()
    const bases = (own: readonly { baseOffset: number }[]) => own.map((one) => one.baseOffset)
    const old = [...this.list].filter(({ baseOffset }) => bases(removed).includes(baseOffset))
    for (const segment of old) segment.retire()
    const swap = { removed: bases(removed), added: bases(added) }
    swapSegments(this.files, this.directory, swap)
    const segments = added.map(({ baseOffset, state }) => this.segmentAt(baseOffset, state))
    this.list.replace(old, segments)
  }

  /** Makes the batches from `offset` on durable, with their indexes. */
  async syncFrom(offset: number): Promise<void> {
    const segments = new Set([...this.closed, ...this.list.from(offset)])
    this.closed = []
    for (const segment of segments) if (this.list.has(segment)) await segment.sync()
  }

  /** Makes the names of all files durable, and once that of the directory itself. */
  syncNames({ withItsOwn }: { withItsOwn: boolean }): void {
    if (this.list.active?.madeFiles() === true) this.areNamesDurable = false
    if (!this.areNamesDurable) this.files.syncDirectory(this.directory)
    this.areNamesDurable = true
    if (!withItsOwn) return
    if (!this.isNameDurable) this.files.syncDirectory(parentOf(this.directory))
    this.isNameDurable = true
  }

  /**
   * Before the first change of a log that was found as a flush left it: what was cut off or removed
   * by a process that was killed could come back after a loss of power, beside what is written now.
   * Not when it is opened, since many are never written to again.
   */
  private settle(): void {
    const { found } = this
    this.found = 'recovered'
    if (found !== 'flushed') return
    this.list.active?.settle()
    this.files.syncDirectory(this.directory)
  }

  private segmentAt(baseOffset: number, state?: SegmentState): Segment {
    const { indexIntervalBytes } = this.config
    const options = { directory: this.directory, baseOffset, indexIntervalBytes }
    return new Segment(this.handles, options, state)
  }
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/'
}
