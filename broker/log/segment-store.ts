import type { Files } from '../../lib/files.ts'
import { invariant } from '../../lib/invariant.ts'
import type { Replacement } from './compaction/clean.ts'
import { swapSegments } from './compaction/swap.ts'
import type { FileHandles } from './file-handles.ts'
import type { DirectoryNames } from './index-file.ts'
import type { LogConfig } from './log-config.ts'
import type { Found, LogServices, OpenedLog } from './log-options.ts'
import { Segment, type SegmentState } from './segment.ts'
import type { Segments } from './segments.ts'
import type { Snapshot, StateFiles } from './state-files.ts'

/** The segments of one log and their files: makes, closes, replaces, removes and syncs them. */
export class SegmentStore {
  readonly list: Segments
  config: LogConfig
  private readonly directory: string
  private readonly files: Files
  private readonly handles: FileHandles
  private readonly stateFiles: StateFiles
  /** Segments whose indexes were finished since the last sync, which may have covered the rest. */
  private closed: Segment[] = []
  private readonly names: DirectoryNames
  /** Whether the directory's own name is durable, of which nothing is known after a crash. */
  private isNameDurable: boolean
  /** How all is, until something is changed. */
  private found: Found
  private readonly makeDirectory: (path: string) => Promise<void>

  constructor(
    { directory, config }: { directory: string; config: LogConfig },
    { files, handles, makeDirectory }: LogServices,
    { segments, found, names }: Pick<OpenedLog, 'segments' | 'found' | 'names'>,
    stateFiles: StateFiles,
  ) {
    this.directory = directory
    this.config = config
    this.files = files
    this.handles = handles
    this.makeDirectory = makeDirectory ?? (async (path) => files.makeDirectory(path))
    this.list = segments
    this.found = found
    this.isNameDurable = found === 'stopped'
    this.names = names
    if (found !== 'stopped') names.changed = true
    this.stateFiles = stateFiles
  }

  /** Whether nothing was changed since an orderly stop. */
  get isAsStopped(): boolean {
    return this.found === 'stopped'
  }

  /** Whether `settle` was called. */
  get isSettled(): boolean {
    return this.found === 'recovered'
  }

  /**
   * To be called before anything of the log is changed. Where it was found as a flush left it, a
   * process that was killed may have cut off or removed something and not have made that durable: it
   * could come back after a loss of power, beside what is written from now on. Not when it is
   * opened, since many are never written to again.
   */
  async settle(): Promise<void> {
    if (this.found === 'flushed') {
      await this.list.active?.settle()
      await this.files.syncDirectoryLater(this.directory)
    }
    this.found = 'recovered'
  }

  /**
   * Begins a segment, and finishes the one before it. Its file is made with the first write.
   *
   * @param snapshot Of the producers at its base offset.
   * @param durably Makes its file, durably, before all others are removed: a log without a file
   *   could not tell its end, and would look as if it were gone.
   * @param isWanted Asked after each wait: if the log was closed, another may have its directory's
   *   name by now.
   */
  async begin(
    baseOffset: number,
    snapshot: Snapshot | undefined,
    durably: boolean,
    isWanted: () => boolean,
  ): Promise<Segment> {
    await this.settle()
    const { active } = this.list
    if (active === undefined) {
      await this.makeDirectory(this.directory)
    } else {
      this.close(active, snapshot)
      // If the name of the next segment survives a loss of power, so must that of this one.
      await this.files.syncDirectoryLater(this.directory)
    }
    const segment = this.segmentAt(baseOffset)
    this.list.add(segment)
    this.names.changed = true
    if (durably && isWanted()) {
      this.handles.create(segment.path)
      await this.files.syncDirectoryLater(this.directory)
    }
    return segment
  }

  /** Says in its indexes and in a snapshot what is left to say of a segment. */
  close(segment: Segment, snapshot: Snapshot | undefined): void {
    if (this.found === 'flushed') segment.indexes.doubt()
    segment.close()
    if (snapshot !== undefined) this.stateFiles.writeSnapshot(snapshot)
    this.names.changed = true
    this.closed.push(segment)
  }

  /** Removes the files of segments that are out of the list. Not durable yet. */
  remove(segments: readonly Segment[]): void {
    this.names.changed = true
    for (const segment of segments) {
      segment.retire()
      for (const path of segment.paths()) this.files.remove(path)
    }
  }

  /**
   * The same of segments that are retired, without blocking, and so that after a loss of power too
   * those that are left follow each other.
   *
   * @param isWanted As of `begin`.
   */
  async removeInOrder(segments: readonly Segment[], isWanted: () => boolean): Promise<void> {
    await this.settle()
    for (const [index, segment] of segments.entries()) {
      if (index > 0) await this.files.syncDirectoryLater(this.directory)
      this.names.changed = true
      for (const path of segment.paths()) if (isWanted()) await this.files.removeLater(path)
    }
  }

  /** Puts cleaned segments, whose files are there and durable, in the place of those before. */
  replace({ removed, added }: Replacement): void {
    invariant(this.isSettled, 'a log is settled before it is cleaned')
    const bases = (own: readonly { baseOffset: number }[]) => own.map((one) => one.baseOffset)
    const old = [...this.list].filter(({ baseOffset }) => bases(removed).includes(baseOffset))
    invariant(
      old.length === removed.length && old.every((segment, at) => segment === removed[at]),
      'what was cleaned are segments of the log',
    )
    for (const segment of old) segment.retire()
    this.names.changed = true
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
  async syncNames({
    hasNewName,
    withItsOwn,
  }: {
    hasNewName: boolean
    withItsOwn: boolean
  }): Promise<void> {
    if (this.names.changed || hasNewName) {
      this.names.changed = false // before: it may change while the disk is busy
      await this.files.syncDirectoryLater(this.directory)
    }
    if (!withItsOwn || this.isNameDurable) return
    await this.files.syncDirectoryLater(parentOf(this.directory))
    this.isNameDurable = true
  }

  private segmentAt(baseOffset: number, state?: SegmentState): Segment {
    const { indexIntervalBytes } = this.config
    const options = { directory: this.directory, baseOffset, indexIntervalBytes, names: this.names }
    return new Segment(this.handles, options, state)
  }
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/'
}
