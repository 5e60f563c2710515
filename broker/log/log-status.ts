import { StorageError } from '../../lib/storage-error.ts'
import { KafkaError } from '../protocol/errors.ts'
import type { LogOptions } from './log-options.ts'

/** Who wants to know what becomes of a log when nobody is calling it. */
export type LogListener = {
  /** What had to wait was written: the end has moved. Not called for what `append` wrote at once. */
  written(): void
  /** The log went offline. */
  failed(problem: StorageError): void
}

/** How one log stands: where it begins and ends, and whether it may be written. */
export class LogStatus {
  readonly options: LogOptions
  /** Nothing before it may be read. */
  start: number
  /** Where what is written ends. */
  end: number
  /** Where the next batch begins: behind those that wait to be written, too. */
  next: number
  /** All before it survives a loss of power. */
  flushedEnd: number
  /** Why nothing is written any more. */
  problem: StorageError | undefined
  isClosed: boolean
  listener: LogListener | undefined

  constructor(options: LogOptions) {
    this.options = options
    this.start = this.end = this.next = this.flushedEnd = 0
    this.problem = undefined
    this.isClosed = false
    this.listener = undefined
  }

  /** Whether it is known what was written: not where a write, or a sync, did not end as it should. */
  get isReadable(): boolean {
    return !this.isClosed && (this.problem === undefined || this.problem.problem === 'DiskFull')
  }

  /** @throws {StorageError} If the log was closed, or is offline and not since the disk is full. */
  checkReadable(): void {
    if (!this.isReadable) this.checkOnline()
  }

  /** @throws {StorageError} If the log was closed or is offline. */
  checkOnline(): void {
    if (this.isClosed) throw new StorageError('Closed', `${this.options.directory} was closed`)
    if (this.problem !== undefined) throw this.problem
  }

  /**
   * @returns Whether it moved: it never moves back.
   * @throws {StorageError} As `checkReadable` does.
   * @throws {KafkaError} OFFSET_OUT_OF_RANGE behind the end.
   */
  moveStartTo(offset: number): boolean {
    this.checkReadable()
    if (offset > this.end) throw new KafkaError('OFFSET_OUT_OF_RANGE', `${offset} > ${this.end}`)
    const moves = offset > this.start
    if (moves) this.start = offset
    return moves
  }

  /** Before anything is cut off. Who keeps the flushed end is told first. */
  cutTo(endOffset: number): void {
    this.end = endOffset
    this.next = endOffset
    this.options.beforeCut?.(endOffset)
    this.flushedEnd = Math.min(this.flushedEnd, endOffset)
  }

  /** Without a batch, from `offset` on. */
  startAt(offset: number): void {
    this.start = this.end = this.next = this.flushedEnd = offset
  }
}
