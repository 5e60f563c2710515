/**
 * A log or data directory that cannot be used as it is. Stable words, in logs, metrics and what
 * `kavka` says; clients get KAFKA_STORAGE_ERROR.
 */
export type StorageProblem =
  | 'DiskFull' // ENOSPC: what was to be written is not there
  | 'DiskFailed' // a read, write or sync that failed: what is on the disk is not known any more
  | 'Untrusted' // data that was flushed is gone or damaged: cutting it off would lose it silently
  | 'Closed' // its partition was deleted or set aside, or the broker stops
  | 'Foreign' // a directory of another cluster or broker, or of a format that is not known here

export class StorageError extends Error {
  override readonly name = 'StorageError'
  readonly problem: StorageProblem

  constructor(problem: StorageProblem, message: string, options?: ErrorOptions) {
    super(message, options)
    this.problem = problem
  }
}

/** Whether the operating system refused: only its errors have a code such as EIO. */
export function isFromDisk(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' && /^E[A-Z0-9]+$/.test(code)
}

/** What Node threw at a write, read or sync, in our words. */
export function storageErrorOf(error: unknown, what: string): StorageError {
  const { code, syscall } = (error ?? {}) as { code?: unknown; syscall?: unknown }
  const isFull = code === 'ENOSPC' || code === 'EDQUOT'
  // A sync that finds no room has lost what was taken before.
  const problem = isFull && !String(syscall).endsWith('sync') ? 'DiskFull' : 'DiskFailed'
  const message = error instanceof Error ? error.message : String(error)
  return new StorageError(problem, `${what}: ${message}`, { cause: error })
}
