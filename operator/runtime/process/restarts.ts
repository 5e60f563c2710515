/** When a process that ended is started again. Pure: time comes in. */
export type Restarts = {
  /** How often it ended soon after it was started. */
  readonly failures: number
  /** When it was started last, by the clock that never goes back. */
  readonly startedMs: number
}

export const noRestarts: Restarts = { failures: 0, startedMs: 0 }

/**
 * A process has ended that was not told to.
 *
 * @returns After how long it is started again: at once after a time in which all was well.
 */
export function afterEnd(
  { failures: before, startedMs }: Restarts,
  nowMs: number,
): { readonly restarts: Restarts; readonly delayMs: number } {
  const failures = nowMs - startedMs >= wellAfterMs ? 1 : before + 1
  const delayMs = failures === 1 ? 0 : Math.min(longestDelayMs, firstDelayMs * 2 ** (failures - 2))
  return { restarts: { failures, startedMs }, delayMs }
}

export const longestDelayMs = 10_000
const wellAfterMs = 30_000
const firstDelayMs = 100
