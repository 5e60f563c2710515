import { setTimeout as sleep } from 'node:timers/promises'

/** The monotonic clock of the machine in milliseconds, which other processes read as well: on Linux. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

/**
 * Asks again and again until there is an answer.
 *
 * @returns It, or undefined once patience is over.
 */
export async function until<T>(
  ask: () => T | undefined | Promise<T | undefined>,
  { patienceMs, everyMs = 10 }: { patienceMs: number; everyMs?: number },
): Promise<T | undefined> {
  const endMs = monotonicMs() + patienceMs
  for (;;) {
    const answer = await ask()
    if (answer !== undefined || monotonicMs() > endMs) return answer
    await sleep(everyMs)
  }
}
