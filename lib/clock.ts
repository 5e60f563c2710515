/**
 * Time and turns of the event loop. They come in as a parameter wherever something is decided, so
 * that a simulator can run years in seconds and repeat them.
 */
export type Clock = {
  /** Since 1970, in milliseconds. It may jump: for what is told to others, never for waiting. */
  nowMs(): number
  /** Since some moment, in milliseconds with fractions. It never goes back. */
  monotonicMs(): number
  /** Calls `callback` once, after `delayMs` or later, unless it is cancelled. */
  timer(delayMs: number, callback: () => void): Timer
  /** Lets everybody else who is ready have a turn. */
  turn(): Promise<void>
}

export type Timer = {
  /** Nothing happens if it went off already. */
  cancel(): void
}

/** The clock of this machine. Its timers keep the process alive. */
export const realClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  timer(delayMs, callback) {
    const dueMs = performance.now() + delayMs
    let timeout = setTimeout(look, delayMs)
    return { cancel: () => clearTimeout(timeout) }

    /** Node counts in whole milliseconds, and may call early by the rest of one. */
    function look(): void {
      if (performance.now() >= dueMs) callback()
      else timeout = setTimeout(look, 1)
    }
  },
  turn: () => new Promise((resolve) => void setImmediate(resolve)),
}

/** Settles after `delayMs` or later, or at once when `signal` is aborted. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) return resolve()
    const timer = clock.timer(delayMs, done)
    signal?.addEventListener('abort', done)

    function done(): void {
      timer.cancel()
      signal?.removeEventListener('abort', done)
      resolve()
    }
  })
}

/** What `run` comes to. The signal that it is given is aborted after `timeoutMs`. */
export async function withDeadline<T>(
  clock: Clock,
  timeoutMs: number,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController()
  const timer = clock.timer(timeoutMs, () => {
    controller.abort(new Error(`it took longer than ${timeoutMs} ms`))
  })
  try {
    return await run(controller.signal)
  } finally {
    timer.cancel()
  }
}

/** `2026-05-01T12:00:00Z`: a time since 1970 as Kubernetes writes it, in UTC and whole seconds. */
export function rfc3339(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')
}

/** The other way round. NaN for what is no time. */
export function msOfRfc3339(text: string): number {
  return Date.parse(text)
}

/** `2026-05-01T12:00:00.250000Z`: a `metav1.MicroTime`, as Leases and Events have it. */
export function microTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z')
}
