import type { Random } from '../../lib/random.ts'

/**
 * How long to wait before the next try. The first comes at once, since a controller that was
 * replaced refuses only for a moment; then twice as long each time, and by chance up to a half less,
 * so that brokers which lost it together do not come together. Up to an eighth of a second, while
 * a standby takes over; once that is out of the question up to a second.
 *
 * @param failures How many tries have failed in a row.
 */
export function backoffMs(failures: number, random: Random): number {
  if (failures <= 1) return 0
  const limitMs = failures <= soonFailures ? soonMs : longestMs
  const most = Math.min(limitMs, shortestMs * 2 ** (failures - 2))
  return most - random.below(Math.ceil(most / 2))
}

/**
 * How many tries have failed in a row after one more. A controller that was followed for a while was
 * a success; one that takes brokers and drops them at once is none, or brokers would dial without
 * end.
 */
export function failuresAfter(failures: number, followedMs: number): number {
  return followedMs >= longestMs ? 1 : failures + 1
}

/**
 * How long controllers have to say that they are active. One that hangs says nothing, and another may
 * take over any moment; later it is more likely that the one there is is slow.
 */
export function patienceMs(failures: number): number {
  return failures <= soonFailures ? soonMs : longestMs
}

const shortestMs = 50
const soonMs = 125
/** Five to ten seconds: by the Lease a standby takes over in four. */
const soonFailures = 80
const longestMs = 1_000
