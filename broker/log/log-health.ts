import { isFromDisk, StorageError, storageErrorOf } from '../../lib/storage-error.ts'

/**
 * Whether a log may be written. After a write or sync that failed nothing is known of what the disk
 * holds, so it is offline for good; opening it anew recovers it. A log that was closed is nobody's.
 */
export class LogHealth {
  problem: StorageError | undefined
  isClosed: boolean
  private readonly log: { readonly directory: string }
  private readonly wentOffline: (problem: StorageError) => void

  constructor(log: { readonly directory: string }, wentOffline: (problem: StorageError) => void) {
    this.problem = undefined
    this.isClosed = false
    this.log = log
    this.wentOffline = wentOffline
  }

  /** @throws {StorageError} Why nothing may be written. */
  check(): void {
    if (this.isClosed) throw new StorageError('Closed', `${this.log.directory} was closed`)
    if (this.problem !== undefined) throw this.problem
  }

  /** Does what the disk may refuse. @throws {StorageError} */
  guardNow(what: string, act: () => void): void {
    try {
      act()
    } catch (error) {
      throw this.fail(error, what)
    }
  }

  async guard(what: string, act: () => Promise<void>): Promise<void> {
    try {
      await act()
    } catch (error) {
      throw this.fail(error, what)
    }
  }

  /**
   * What the disk refused takes the log offline; anything else is our own mistake.
   *
   * @returns What is to be thrown.
   */
  fail(error: unknown, what: string): unknown {
    if (!isFromDisk(error)) return error
    const { directory } = this.log
    if (this.isClosed) return new StorageError('Closed', `${directory} was closed, ${what} ended`)
    if (this.problem === undefined) {
      this.problem = storageErrorOf(error, `${directory} is offline, ${what} failed`)
      this.wentOffline(this.problem)
    }
    return this.problem
  }
}
