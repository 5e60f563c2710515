import type { LeaderState, Now } from './leader-state.ts'

/** By broker id, when it left the ISR since it lagged behind, of the last minute. */
export type Departures = ReadonlyMap<number, readonly number[]>

/** The metadata log has another ISR: of those that are not in it any more, this leader dropped some. */
export function noteDepartures(
  { departures, isr, pending }: LeaderState,
  now: { readonly isr: readonly number[]; readonly nowMs: number },
): Departures {
  const wished = pending?.proposal.newIsr.map(({ brokerId }) => brokerId)
  const gone = isr.filter((id) => wished?.includes(id) === false && !now.isr.includes(id))
  if (gone.length === 0) return departures
  const next = new Map(departures)
  for (const id of gone) next.set(id, [...recent(departures.get(id), now.nowMs), now.nowMs])
  return next
}

/**
 * Whether a follower has to wait before it is taken in again: it lagged behind twice within a minute. Each
 * coming and going is an append to the metadata log, and of slow disks there may be many (safety rule 12).
 */
export function isFlapping(
  { departures }: LeaderState,
  brokerId: number,
  { nowMs }: Pick<Now, 'nowMs'>,
): boolean {
  const left = recent(departures.get(brokerId), nowMs)
  return left.length >= 2 && nowMs - (left.at(-1) ?? 0) < restMs
}

function recent(times: readonly number[] = [], nowMs: number): number[] {
  return times.filter((ms) => nowMs - ms < rememberedMs)
}

const rememberedMs = 60_000
const restMs = 10_000
