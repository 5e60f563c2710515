/** A Lease as it was last read, heard of or written. */
export type LeaseRecord = {
  readonly version: string
  /** Empty: whoever held it let go of it. */
  readonly holder: string
  /** How long its holder may be silent. */
  readonly durationMs: number
  readonly transitions: number
}

/** What a candidate knows. All times are its own monotonic clock's: clocks of two machines differ. */
export type LeaseView = {
  /** `unknown`: not read yet. `missing`: there is none. */
  readonly lease: LeaseRecord | 'unknown' | 'missing'
  /** When it was last seen to be another one than before. */
  readonly changedMs: number
  /** When the last write of ours that was acknowledged had been sent. */
  readonly renewedMs: number | undefined
  /** After a failure: nothing is written before. */
  readonly notBeforeMs: number
  /** A holder that is said to be dead. It is not once it renews. */
  readonly dead: string | undefined
}

export type LeaseDecision = {
  /**
   * - `holder`: it holds the Lease, and nobody else can think otherwise.
   * - `uncertain`: it held it last, and could not renew it for too long. Nobody else is known to have
   *   it: with the API server away all wait.
   * - `standby`: somebody else has it, or nobody yet.
   */
  readonly role: 'holder' | 'uncertain' | 'standby'
  /** What to write now. */
  readonly write: 'create' | 'renew' | 'take' | undefined
  /** When to decide again, if nothing is heard before; undefined: not before that. */
  readonly againMs: number | undefined
}

export type LeaseTimes = { readonly durationMs: number; readonly renewMs: number }

export const unknownLease: LeaseView = {
  lease: 'unknown',
  changedMs: 0,
  renewedMs: undefined,
  notBeforeMs: 0,
  dead: undefined,
}

/**
 * What a candidate is and does at a time. Two may both take themselves for the holder for a moment (a
 * process that was stopped and goes on): what they do must be safe then, by conditions of its own.
 */
export function decideLease(
  view: LeaseView,
  identity: string,
  { durationMs, renewMs }: LeaseTimes,
  nowMs: number,
): LeaseDecision {
  const { lease, changedMs, renewedMs, notBeforeMs, dead } = view
  if (lease === 'unknown') return { role: 'standby', write: undefined, againMs: undefined }
  if (lease === 'missing') return { role: 'standby', ...when('create', notBeforeMs) }
  if (lease.holder === identity) {
    // Taken by a write whose answer was lost: it counts from the next one.
    if (renewedMs === undefined) return { role: 'standby', ...when('renew', notBeforeMs) }
    const endMs = renewedMs + durationMs
    const role = nowMs < endMs ? 'holder' : 'uncertain'
    const due = when('renew', Math.max(renewedMs + renewMs, notBeforeMs))
    // Before the next attempt it may have become uncertain.
    if (role === 'uncertain' || due.againMs === undefined) return { role, ...due }
    return { role, ...due, againMs: Math.min(due.againMs, endMs) }
  }
  const isFree = lease.holder === '' || lease.holder === dead
  const freeMs = isFree ? changedMs : changedMs + lease.durationMs
  return { role: 'standby', ...when('take', Math.max(freeMs, notBeforeMs)) }

  function when(write: 'create' | 'renew' | 'take', dueMs: number) {
    return nowMs >= dueMs ? { write, againMs: undefined } : { write: undefined, againMs: dueMs }
  }
}

/** The view after a Lease was seen. */
export function withLease(
  view: LeaseView,
  lease: LeaseRecord | 'missing',
  nowMs: number,
): LeaseView {
  const [before, after] = [versionOf(view.lease), versionOf(lease)]
  if (before.version === after.version) return view
  const renewedMs = before.holder === after.holder ? view.renewedMs : undefined
  return { ...view, lease, renewedMs, changedMs: nowMs, dead: undefined }
}

function versionOf(lease: LeaseView['lease']): { version: string; holder?: string } {
  return typeof lease === 'object' ? lease : { version: lease }
}
