import type { LogParts } from './log-parts.ts'

/**
 * Makes all durable that is there when it is called. Calls that come while one is under way share
 * the next: group commit.
 *
 * @throws {StorageError} If that fails, or the log is offline.
 */
export async function flush(log: LogParts): Promise<void> {
  const { status } = log
  const { next } = status
  if (!log.writer.isIdle) await log.written()
  while (log.flushing !== undefined) {
    await log.flushing
    if (status.flushedEnd >= next) return
  }
  // A sync that failed once may succeed the next time, though what it was for is lost.
  status.checkOnline()
  if (status.flushedEnd >= status.end) return
  log.flushing = flushNow(log, { isLast: false })
  try {
    await log.flushing
  } finally {
    log.flushing = undefined
  }
}

/** @param isLast Leaves the name of the directory to who closes many logs. */
export async function flushNow(log: LogParts, { isLast }: { isLast: boolean }): Promise<void> {
  const { status, store, keeper } = log
  const { end } = status
  await log.guard('flush', async () => {
    await store.syncFrom(status.flushedEnd)
    status.checkOnline() // if it was closed, another log may have its directory's name by now
    const hasNewName = await keeper.writeChangedEpochsLater(() => !status.isClosed)
    status.checkOnline()
    await store.syncNames({ hasNewName, withItsOwn: !isLast })
  })
  status.flushedEnd = Math.max(status.flushedEnd, end)
}
