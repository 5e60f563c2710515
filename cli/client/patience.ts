import { type Clock, sleep } from '../../lib/clock.ts'
import { ClientError, isTransient } from './client-error.ts'

/**
 * Tries until it works.
 *
 * @param patienceMs After that, what went wrong last is told.
 * @throws {ClientError}
 */
export async function patiently<T>(
  { clock, patienceMs }: { clock: Clock; patienceMs: number },
  attempt: () => Promise<T>,
): Promise<T> {
  const endMs = clock.monotonicMs() + patienceMs
  for (let failures = 0; ; failures++) {
    try {
      return await attempt()
    } catch (error) {
      if (!isTransient(error)) throw error
      if (clock.monotonicMs() >= endMs) throw new ClientError(error.message, { cause: error })
    }
    await sleep(clock, backoffMs(failures))
  }
}

/** How long to wait after so many failures before: retry.backoff.ms up to retry.backoff.max.ms. */
export function backoffMs(failures: number): number {
  return Math.min(1_000, 100 * 2 ** failures)
}
