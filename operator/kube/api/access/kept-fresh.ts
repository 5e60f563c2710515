import type { Clock } from '../../../../lib/clock.ts'

/**
 * A value that is read again once it is older than `maxAgeMs`, by whoever asks for it then. If that
 * fails, what was read before has to do: a token is valid for longer than it is kept here.
 *
 * @returns It throws only if there is no value at all.
 */
export function keptFresh<T>(
  clock: Clock,
  maxAgeMs: number,
  read: () => Promise<T>,
): () => Promise<T> {
  let kept: { value: T; atMs: number } | undefined
  let reading: Promise<T> | undefined
  return async () => {
    if (kept !== undefined && clock.monotonicMs() - kept.atMs < maxAgeMs) return kept.value
    reading ??= readAgain().finally(() => {
      reading = undefined
    })
    return reading
  }

  async function readAgain(): Promise<T> {
    const atMs = clock.monotonicMs()
    try {
      const value = await read()
      kept = { value, atMs }
      return value
    } catch (error) {
      if (kept === undefined) throw error
      return kept.value
    }
  }
}
