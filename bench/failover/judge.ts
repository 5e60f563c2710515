/** What became of numbers that were sent in order, as it was read back. */
export type Verdict = {
  /** Acknowledged, and not there. */
  readonly lost: number
  /** There more than once, counted beyond the first. */
  readonly twice: number
  /** For the first time behind a larger one. */
  readonly disordered: number
}

/**
 * Holds what was acknowledged against what is there. What was not acknowledged may be there or not: its
 * producer was told that nobody knows.
 *
 * @param read By offset.
 */
export function judge(acked: Iterable<number>, read: readonly number[]): Verdict {
  const there = new Set<number>()
  let largest = -1
  let disordered = 0
  for (const number of read) {
    if (!there.has(number) && number < largest) disordered++
    there.add(number)
    largest = Math.max(largest, number)
  }
  let lost = 0
  for (const number of new Set(acked)) if (!there.has(number)) lost++
  return { lost, twice: read.length - there.size, disordered }
}
