import { isFromDisk, StorageError, storageErrorOf } from '../../lib/storage-error.ts'
import { nextOffsetOf } from '../protocol/records/header.ts'
import type { Cleaning } from './compaction/cleaning.ts'
import type { LogConfig } from './log-config.ts'
import type { LogServices, OpenedLog } from './log-options.ts'
import type { LogStatus } from './log-status.ts'
import { LogWriter, type LogWriterOwner } from './log-writer.ts'
import type { CompletedTransaction } from './producer-state.ts'
import type { Segment } from './segment.ts'
import { SegmentStore } from './segment-store.ts'
import { Segments } from './segments.ts'
import { StateFiles } from './state-files.ts'
import { StateKeeper } from './state-keeper.ts'
import type { Tail } from './tail.ts'

/**
 * The parts of a log that has batches, and what is under way in it; most logs of a broker may never
 * get one. What is done with them is in `log-append.ts`, `log-flush.ts`, `log-cut.ts`, `log-front.ts`,
 * `log-cleaning.ts` and `log-close.ts`.
 */
export class LogParts implements LogWriterOwner {
  readonly status: LogStatus
  readonly segments: Segments
  readonly store: SegmentStore
  readonly keeper: StateKeeper
  readonly writer: LogWriter
  readonly tail: Tail
  flushing: Promise<void> | undefined
  /** Segments that are on their way out. */
  removing: Promise<void> | undefined
  cleaning: Cleaning | undefined
  /** Transactions aborted by markers that are not written yet. */
  readonly aborted = new Map<Uint8Array, CompletedTransaction>()

  constructor(
    status: LogStatus,
    config: LogConfig,
    services: LogServices,
    opened: Pick<OpenedLog, 'segments' | 'state' | 'found' | 'names'> = nothing(),
  ) {
    const { directory, producerIdExpirationMs } = status.options
    const files = new StateFiles(services.files, directory)
    this.status = status
    this.segments = opened.segments
    this.keeper = new StateKeeper(files, opened.state, producerIdExpirationMs)
    this.store = new SegmentStore({ directory, config }, services, opened, files)
    this.writer = new LogWriter(this.store, services, this)
    this.tail = services.tail
    this.flushing = undefined
    this.removing = undefined
    this.cleaning = undefined
  }

  wrote(batches: readonly Uint8Array[], segment: Segment): void {
    if (this.aborted.size > 0) {
      for (const batch of batches) {
        const ended = this.aborted.get(batch)
        if (ended === undefined) continue
        segment.indexes.addAborted(ended)
        this.aborted.delete(batch)
      }
    }
    this.status.end = nextOffsetOf(batches.at(-1) as Uint8Array, 0)
    if (!this.writer.isIdle) this.status.listener?.written()
  }

  failed(error: unknown, what: string): boolean {
    return this.fail(error, what) !== error
  }

  /** See `PartitionLog.written`. */
  async written(): Promise<void> {
    if (this.writer.isIdle) this.status.checkOnline()
    else await this.writer.exclusive(() => this.status.checkOnline())
  }

  /** Settles once no flush is under way, and no removal. */
  async quiet(): Promise<void> {
    // A failure of these is known: the log is offline then. Each may begin while the other ends.
    while (this.flushing !== undefined || this.removing !== undefined) {
      await Promise.allSettled([this.flushing, this.removing])
    }
    this.status.checkOnline()
  }

  /** What was changed must not be served from memory. */
  dropTail(): void {
    this.tail.drop(this.status)
  }

  /** Does what may fail because of the disk, and takes the log offline then. @throws {StorageError} */
  guardNow(what: string, act: () => void): void {
    try {
      act()
    } catch (error) {
      throw this.fail(error, what)
    }
  }

  /** As `guardNow`, for what takes its time. */
  async guard(what: string, act: () => Promise<void>): Promise<void> {
    try {
      await act()
    } catch (error) {
      throw this.fail(error, what)
    }
  }

  /** What the disk refused takes the log offline; anything else is our own mistake. */
  private fail(error: unknown, what: string): unknown {
    if (!isFromDisk(error)) return error
    const { status } = this
    const { directory } = status.options
    if (status.isClosed) {
      return new StorageError('Closed', `${directory} was closed, ${what} ended`)
    }
    if (status.problem === undefined) {
      status.problem = storageErrorOf(error, `${directory} is offline, ${what} failed`)
      this.writer.end()
      status.listener?.failed(status.problem)
    }
    return status.problem
  }
}

function nothing() {
  const names = { changed: true }
  return { segments: new Segments([]), state: undefined, found: 'recovered', names } as const
}
