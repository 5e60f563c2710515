import type { Random } from '../../lib/random.ts'

/**
 * How long to wait before the next try. The first comes at once, since a controller that was
 * replaced refuses only for a moment; then twice as long each time, up to a second, and by chance
 * up to a half less, so that brokers which lost it together do not come together.
 *
 * @param failures How many tries have failed in a row.
 */
export function backoffMs(failures: number, random: Random): number {
  if (failures <= 1) return 0
  const most = Math.min(longestMs, shortestMs * 2 ** (failures - 2))
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

const shortestMs = 50
const longestMs = 1_000
