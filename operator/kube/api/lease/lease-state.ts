import { isOlder } from '../watch/versions.ts'

/** A Lease as it was last read, heard of or written. */
export type LeaseRecord = {
  readonly version: string
  /** Empty: whoever held it let go of it. */
  readonly holder: string
  /** How long its holder may be silent. */
  readonly durationMs: number
  readonly transitions: number
}

export type LeaseTimes = {
  /** A holder that was silent for so long may be followed. */
  readonly durationMs: number
  /** A holder renews this often. */
  readonly renewMs: number
  /** So long before it may be followed a holder stops acting, for what it is in the middle of. */
  readonly marginMs: number
}

/** A renewal that got lost can be found out (1 s) and repeated before the holder has to stop acting. */
export const leaseTimes: LeaseTimes = { durationMs: 4_000, renewMs: 2_000, marginMs: 500 }

/** What a candidate knows. All times are its own monotonic clock's: clocks of two machines differ. */
export type LeaseView = {
  /** `unknown`: not read yet. `missing`: there is none. */
  readonly lease: LeaseRecord | 'unknown' | 'missing'
  /** When it was last seen to be another one than before, or the API server to be there again. */
  readonly changedMs: number
  /** When the last write of ours that was acknowledged had been sent. */
  readonly renewedMs: number | undefined
  /** After a failure: nothing is written before. */
  readonly notBeforeMs: number
  /** The API server did not let it take the Lease, and was not heard of since: it may be away for all. */
  readonly isAway: boolean
  /** A holder that is said to be dead. It is not once it renews. */
  readonly dead: string | undefined
  /** Whose Lease was deleted, which it may not have heard, and until when it may act. */
  readonly deleted: { readonly holder: string; readonly endMs: number } | undefined
}

export type LeaseDecision = {
  /**
   * - `holder`: it holds the Lease, and nobody else can think otherwise.
   * - `uncertain`: it held it last, and could not renew it for too long. Nobody else is known to have
   *   it: with the API server away all wait.
   * - `standby`: somebody else has it, or nobody yet.
   */
  readonly role: 'holder' | 'uncertain' | 'standby'
  /** What to write now, or to read. */
  readonly write: LeaseWrite | 'look' | undefined
  /** When to decide again, if nothing is heard before; undefined: not before that. */
  readonly againMs: number | undefined
}

export type LeaseWrite = 'create' | 'renew' | 'take'

export type LeaseEvent =
  /** A watch told it: perhaps later than an answer to a write. */
  | { readonly type: 'heard'; readonly lease: LeaseRecord | 'missing' }
  | { readonly type: 'read'; readonly lease: LeaseRecord | 'missing' }
  /** A write of ours was acknowledged. */
  | { readonly type: 'written'; readonly lease: LeaseRecord; readonly sentMs: number }
  /** A write of ours was not acknowledged: the next one waits. */
  | { readonly type: 'failed'; readonly waitMs: number; readonly isAway: boolean }
  /** That process is gone: its connection was refused, say. */
  | { readonly type: 'died'; readonly holder: string }

export const unknownLease: LeaseView = {
  lease: 'unknown',
  changedMs: 0,
  renewedMs: undefined,
  notBeforeMs: 0,
  isAway: false,
  dead: undefined,
  deleted: undefined,
}

/**
 * What a candidate is and does at a time. A holder counts from when it sent its last renewal and stops
 * `marginMs` early; all others count the whole duration from when they heard of it, which is later. So
 * no two act at once, unless a process stands still between asking this and acting on it: what it does
 * must be safe then, by conditions of its own.
 */
export function decideLease(
  view: LeaseView,
  identity: string,
  { durationMs, renewMs, marginMs }: LeaseTimes,
  nowMs: number,
): LeaseDecision {
  const { lease, changedMs, renewedMs, notBeforeMs, isAway, dead, deleted } = view
  if (lease === 'unknown') return { role: 'standby', write: undefined, againMs: undefined }
  if (lease === 'missing') {
    const isFree = deleted === undefined || [identity, dead].includes(deleted.holder)
    return { role: 'standby', ...when('create', isFree ? 0 : deleted.endMs) }
  }
  if (lease.holder !== identity) {
    if (lease.holder === '' || lease.holder === dead) return { role: 'standby', ...when('take', 0) }
    // Its holder could not renew it either, and is to come first: what it was asked for would be lost.
    if (isAway) return { role: 'standby', ...when('look', 0) }
    return { role: 'standby', ...when('take', changedMs + lease.durationMs) }
  }
  // Taken by a write whose answer was lost: it counts from the next one.
  if (renewedMs === undefined) return { role: 'standby', ...when('renew', 0) }
  // Somebody may have made it shorter.
  const endMs = renewedMs + Math.min(durationMs, lease.durationMs) - marginMs
  const due = when('renew', renewedMs + renewMs)
  if (nowMs >= endMs) return { role: 'uncertain', ...due }
  return { role: 'holder', ...due, againMs: Math.min(due.againMs ?? endMs, endMs) }

  function when(write: LeaseWrite | 'look', ms: number) {
    const dueMs = Math.max(ms, notBeforeMs)
    return nowMs >= dueMs ? { write, againMs: undefined } : { write: undefined, againMs: dueMs }
  }
}

/** What a candidate knows after something happened. */
export function nextLease(view: LeaseView, event: LeaseEvent, nowMs: number): LeaseView {
  switch (event.type) {
    case 'heard':
      return isBehind(view, event.lease) ? view : withLease(view, event.lease, nowMs)
    case 'read':
      return withLease(view, event.lease, nowMs)
    case 'written': {
      const { lease, sentMs } = event
      if (isBehind(view, lease)) return view
      return { ...withLease(view, lease, nowMs), renewedMs: sentMs, notBeforeMs: 0 }
    }
    case 'failed':
      return {
        ...view,
        notBeforeMs: nowMs + event.waitMs,
        isAway: view.isAway || event.isAway,
      }
    case 'died':
      return view.dead === event.holder ? view : { ...view, dead: event.holder, notBeforeMs: nowMs }
  }
}

function isBehind({ lease: known }: LeaseView, lease: LeaseRecord | 'missing'): boolean {
  if (typeof known !== 'object' || lease === 'missing') return false
  return isOlder(lease.version, known.version)
}

function withLease(view: LeaseView, lease: LeaseRecord | 'missing', nowMs: number): LeaseView {
  const { lease: before, changedMs } = view
  if (lease === 'missing') {
    if (typeof before !== 'object') return { ...view, lease }
    const { holder, durationMs } = before
    const deleted = holder === '' ? undefined : { holder, endMs: changedMs + durationMs }
    return { ...view, lease, changedMs: nowMs, renewedMs: undefined, deleted }
  }
  const isSameHolder = typeof before === 'object' && before.holder === lease.holder
  const heard = { ...view, changedMs: nowMs, isAway: false }
  if (isSameHolder && before.version === lease.version) return view.isAway ? heard : view
  const renewedMs = isSameHolder ? view.renewedMs : undefined
  return { ...heard, lease, renewedMs, dead: undefined, deleted: undefined }
}
