import { invariant } from '../../lib/invariant.ts'
import type { Replacement } from './compaction/clean.ts'
import type { Cleaning } from './compaction/cleaning.ts'
import { removeBeforeStart } from './log-front.ts'
import type { LogParts } from './log-parts.ts'

/** What one cleaning of a log may do to it, from before it looks at the segments until its end. */
export class LogCleaning implements Cleaning {
  isCancelled = false
  private readonly log: LogParts

  constructor(log: LogParts) {
    invariant(log.cleaning === undefined, 'a log is cleaned by one at a time')
    this.log = log
    log.cleaning = this
  }

  /** To be awaited before anything is changed. @throws {StorageError} */
  async settle(): Promise<void> {
    const { log } = this
    await log.guard('settle', () => log.store.settle())
  }

  /** Puts cleaned segments, whose files are there and durable, in the place of those before. */
  replaceSegments(replacement: Replacement): void {
    const { log } = this
    log.status.checkOnline()
    const isUnderWay = log.cleaning === this && !this.isCancelled
    invariant(isUnderWay, 'what was read of the log is still there')
    log.dropTail() // what was cleaned away must not be served from memory either
    log.guardNow('swap segments', () => log.store.replace(replacement))
  }

  /**
   * To be called in any case. Removes what could not be removed at the front meanwhile.
   *
   * @throws {StorageError}
   */
  async end(): Promise<void> {
    const { log } = this
    log.cleaning = undefined
    const { isClosed, problem } = log.status
    if (!isClosed && problem === undefined) await removeBeforeStart(log)
  }
}

/** What was read for it may not be there any more. */
export function cancelCleaning(log: LogParts): void {
  if (log.cleaning !== undefined) log.cleaning.isCancelled = true
}
