import { invariant } from '../../lib/invariant.ts'
import type { Files } from '../io/files.ts'
import { baseOffsetOf } from '../protocol/records/header.ts'
import type { Replacement } from './compaction/clean.ts'
import { swapSegments } from './compaction/swap.ts'
import type { FileHandles } from './file-handles.ts'
import type { LogConfig } from './log-config.ts'
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
  /** Whether the directory's own name is durable, of which nothing is known at first. */
  private isNameDurable = false

  /** @param onClosed Called when a segment is closed, so that what follows from it is written. */
  constructor(
    { directory, config }: { directory: string; config: LogConfig },
    { files, handles }: { files: Files; handles: FileHandles },
    segments: Segments,
    onClosed: () => void,
  ) {
    this.directory = directory
    this.config = config
    this.files = files
    this.handles = handles
    this.list = segments
    this.onClosed = onClosed
  }

  /** Where a batch goes: the active segment, or a new one. */
  segmentFor(batch: Uint8Array, nowMs: number): Segment {
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

  /** Finishes a segment that nothing is added to any more. */
  close(segment: Segment): void {
    segment.close()
    this.closed.push(segment)
    this.onClosed()
    // If the name of the next segment survives a loss of power, so must that of this one.
    this.files.syncDirectory(this.directory)
  }

  /** Removes the files of segments that are out of the list. Not durable yet. */
  remove(segments: readonly Segment[]): void {
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
    const bases = (own: readonly { baseOffset: number }[]) => own.map((one) => one.baseOffset)
    const old = [...this.list].filter(({ baseOffset }) => bases(removed).includes(baseOffset))
    invariant(
      old.length === removed.length && old.every((segment, at) => segment === removed[at]),
      'what was cleaned are segments of the log',
    )
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

  /** Makes the names of all files durable, and once that of the directory. */
  syncNames(): void {
    this.files.syncDirectory(this.directory)
    if (!this.isNameDurable) this.files.syncDirectory(parentOf(this.directory))
    this.isNameDurable = true
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
