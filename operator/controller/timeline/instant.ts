import type { Clock } from '../../../lib/clock.ts'

/** When something was: for people, and for how long something took. */
export type Instant = {
  /** Since 1970. It may jump. */
  readonly wallMs: number
  /** By the monotonic clock. */
  readonly monotonicMs: number
}

export function instantOf(clock: Pick<Clock, 'nowMs' | 'monotonicMs'>): Instant {
  return { wallMs: clock.nowMs(), monotonicMs: clock.monotonicMs() }
}

/** The last of some. Undefined where one of them was not yet, or there are none. */
export function latestOf(instants: Iterable<Instant | undefined>): Instant | undefined {
  let latest: Instant | undefined
  for (const instant of instants) {
    if (instant === undefined) return undefined
    if (latest === undefined || instant.monotonicMs > latest.monotonicMs) latest = instant
  }
  return latest
}
