import { invariant } from '../../lib/invariant.ts'
import { cutPlaceOf } from './cut-place.ts'
import { cancelCleaning } from './log-cleaning.ts'
import type { LogParts } from './log-parts.ts'

/** Asked at the very moment: whoever wanted a cut may not want it any more. */
export type IsWanted = () => boolean

/** See `PartitionLog.truncateTo`. @returns The new end, at most `offset`. */
export function truncateTo(log: LogParts, offset: number, isWanted: IsWanted): Promise<number> {
  return cut(log, isWanted, () => {
    const { status, segments, store, keeper } = log
    if (offset >= status.end) return
    const { endOffset: end, segment, place } = cutPlaceOf(segments, offset)
    cutTo(log, end)
    store.remove(segments.takeFrom(Math.max(end, (segment?.baseOffset ?? 0) + 1)))
    if (place !== undefined) segment?.truncate(place.position, end)
    keeper.cutTo(end, segments)
    status.start = Math.min(status.start, end)
  })
}

/** Drops all and goes on at `offset`. */
export function truncateFullyAndStartAt(
  log: LogParts,
  offset: number,
  isWanted: IsWanted,
): Promise<number> {
  return cut(log, isWanted, () => {
    cutTo(log, 0)
    log.store.remove(log.segments.takeFrom(0))
    log.status.startAt(offset)
    log.keeper.startAt(offset)
  })
}

/** @returns The end of the log after `act`, which nothing else comes between. */
async function cut(log: LogParts, isWanted: IsWanted, act: () => void): Promise<number> {
  const { status, store, writer } = log
  status.checkOnline()
  cancelCleaning(log)
  return writer.exclusive(async () => {
    await log.guard('truncate', () => store.settle())
    await log.quiet()
    if (!isWanted()) return status.end
    invariant(status.next === status.end, 'nothing is appended while a cut waits')
    log.guardNow('truncate', act)
    writer.forget()
    return status.end
  })
}

/** Before anything is cut off. */
function cutTo(log: LogParts, endOffset: number): void {
  cancelCleaning(log) // one may have begun since
  log.dropTail()
  log.status.cutTo(endOffset)
}
