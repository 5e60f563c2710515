import { invariant } from '../../lib/invariant.ts'
import { baseOffsetOf, nextOffsetOf } from '../protocol/records/header.ts'
import type { LogParts } from './log-parts.ts'

/** See `PartitionLog.append`. */
export function append(log: LogParts, batches: readonly Uint8Array[], nowMs: number): void {
  const { writer, keeper, status } = log
  for (let done = 0; done < batches.length; ) {
    const count = writer.fitting(batches, done, nowMs)
    if (count === 0) {
      writer.begin(baseOffsetOf(batches[done] as Uint8Array, 0), keeper.snapshot())
      continue
    }
    const own = count === batches.length ? batches : batches.slice(done, done + count)
    for (const batch of own) take(log, batch)
    writer.append(own)
    status.checkOnline()
    done += count
  }
}

/** Begins a new segment, durably, unless the last one is empty. */
export async function roll(log: LogParts): Promise<void> {
  const { writer, keeper, status } = log
  status.checkOnline()
  if (!writer.isWithinSegment) return
  writer.begin(status.next, keeper.snapshot(), { durably: true })
  await log.written()
}

/** What follows from a batch is known from now on, whether it is written yet or not. */
function take(log: LogParts, batch: Uint8Array): void {
  const { status, keeper, aborted, tail } = log
  const baseOffset = baseOffsetOf(batch, 0)
  const nextOffset = nextOffsetOf(batch, 0)
  invariant(baseOffset >= status.next, 'offsets rise from batch to batch')
  const ended = keeper.took(batch, baseOffset)
  if (ended?.isAborted === true) aborted.set(batch, ended)
  tail.add(status, { baseOffset, nextOffset }, batch)
  status.next = nextOffset
}
