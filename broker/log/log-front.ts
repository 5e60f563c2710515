import { roll } from './log-append.ts'
import type { LogParts } from './log-parts.ts'
import { retainedFrom } from './retention.ts'

/** See `PartitionLog.moveStartTo`. */
export async function moveStartTo(log: LogParts, offset: number): Promise<number> {
  const { status, keeper, cleaning } = log
  if (!status.moveStartTo(offset)) return 0
  keeper.moveStartTo(offset)
  return cleaning === undefined ? removeBeforeStart(log) : 0
}

/** See `PartitionLog.applyRetention`. */
export async function applyRetention(
  log: LogParts,
  { nowMs, highWatermark }: { nowMs: number; highWatermark: number },
): Promise<number> {
  const { status, segments, store } = log
  const look = () => {
    const limits = { nowMs, highWatermark, logEndOffset: status.end }
    return retainedFrom([...segments], store.config, limits)
  }
  let from = look()
  if (from === undefined || from <= status.start) return 0
  if (status.problem !== undefined) {
    // The active segment stays: there is no room for one that would follow it.
    from = Math.min(from, segments.active?.baseOffset ?? from)
  } else if (from === status.end) {
    await roll(log) // the active segment goes too
    from = look() // what was there may have been cut off since
  }
  return from === undefined ? 0 : moveStartTo(log, from)
}

/** Removes the segments that are wholly before the start: at once from the log, then their files. */
export async function removeBeforeStart(log: LogParts): Promise<number> {
  const { status, segments, store, keeper } = log
  const removed = segments.takeBefore(status.start)
  if (removed.length === 0) return 0
  // Not later: the log may be closed while this waits, and others have their names by then.
  for (const segment of removed) segment.retire()
  const before = log.removing
  const removing = log.guard('remove segments', async () => {
    await before
    await store.removeInOrder(removed, () => !status.isClosed)
    if (!status.isClosed) keeper.removeSnapshotsBefore(segments.first?.baseOffset ?? 0)
  })
  log.removing = removing
  try {
    await removing
  } finally {
    if (log.removing === removing) log.removing = undefined
  }
  return removed.length
}
