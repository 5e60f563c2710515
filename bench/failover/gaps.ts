/** When a record was sent and acknowledged, by the monotonic clock of the machine. */
export type Ack = { readonly number: number; readonly sentMs: number; readonly ackedMs: number }

/**
 * The longest time between two acknowledgements that reaches into a span: it may have begun before.
 *
 * @param acks In the order in which they came.
 * @returns Milliseconds. What was not over at the end of the span counts up to there.
 */
export function longestGapMs(
  acks: readonly Ack[],
  { fromMs, toMs }: { fromMs: number; toMs: number },
): number {
  let longest = 0
  let lastMs = fromMs // where nothing was acknowledged before
  for (const { ackedMs } of acks) {
    if (ackedMs > toMs) break
    if (ackedMs > fromMs) longest = Math.max(longest, ackedMs - lastMs)
    lastMs = ackedMs
  }
  return Math.max(longest, toMs - lastMs)
}

/** The smallest of them that as large a part of them as this does not exceed: the largest, where they are few. */
export function percentile(numbers: readonly number[], part: number): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? Number.NaN
}
