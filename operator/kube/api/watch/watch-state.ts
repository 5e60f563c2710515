import type { Random } from '../../../../lib/random.ts'
import type { Failure } from '../requests/answer.ts'
import { isVersionInFuture } from '../requests/failure-of.ts'
import { isOlder } from './versions.ts'

/** What a watch does next, after a delay. */
export type WatchState = Step & {
  /** In a row, without anything that worked in between. */
  readonly failures: number
  /** What the API server asked to wait for. */
  readonly retryAfterMs: number
}

type Step =
  /** Ask for a page of all objects; undefined: the first one. */
  | { readonly step: 'list'; readonly page: string | undefined }
  /** Hear of what changed since. */
  | { readonly step: 'watch'; readonly version: string }
  /** Ask where the API server is: it may never have come as far as this. */
  | { readonly step: 'probe'; readonly version: string }

export type StepResult =
  /** Of `list`. `next`: there is more. */
  | { readonly type: 'listed'; readonly version: string; readonly next: string | undefined }
  /** Of `probe`. */
  | { readonly type: 'probed'; readonly version: string }
  /** Of `watch`, which always ends: what it came to, whether it said anything, and why it ended. */
  | {
      readonly type: 'watched'
      readonly version: string
      readonly heard: boolean
      readonly end: 'closed' | 'silent' | Failure
    }
  /** Of `list` and `probe`. */
  | { readonly type: 'failed'; readonly failure: Failure }

export const firstWatchState: WatchState = at({ step: 'list', page: undefined })

/**
 * What to do after a step. All objects are listed again only where the API server can no longer tell
 * what happened since; everything else is gone on with, from the version or the page that was reached.
 */
export function nextWatchState(state: WatchState, result: StepResult): WatchState {
  const { failures } = state
  switch (result.type) {
    case 'listed': {
      const { version, next } = result
      return at(next === undefined ? { step: 'watch', version } : { step: 'list', page: next })
    }
    case 'probed': {
      if (state.step === 'list') return state
      // Restored from a backup: a watch from a version to come says nothing and never fails.
      if (isOlder(result.version, state.version)) return at(listAll)
      return at({ step: 'watch', version: state.version }, failures)
    }
    case 'watched': {
      const { version, heard, end } = result
      const before = heard ? 0 : failures
      if (end === 'silent' && !heard) return at({ step: 'probe', version }, before + 1)
      // In order, as an API server ends each after a while; at once is too soon for that.
      if (end === 'closed' && heard) return at({ step: 'watch', version })
      if (typeof end === 'string') return at({ step: 'watch', version }, before + 1)
      return after(end, { step: 'watch', version }, before + 1)
    }
    case 'failed':
      return after(result.failure, state, failures + 1)
  }
}

/** How long to wait before the step, so that those who failed together do not come back together. */
export function delayMs({ failures, retryAfterMs }: WatchState, random: Random): number {
  if (failures === 0) return 0
  const backOffMs = Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(failures - 1, 20))
  const leastMs = Math.max(retryAfterMs, backOffMs / 2)
  return leastMs + random.below(Math.ceil(Math.max(retryAfterMs, backOffMs) / 2))
}

const listAll: Step = { step: 'list', page: undefined }
const firstDelayMs = 100
const longestDelayMs = 10_000

function at(step: Step, failures = 0, retryAfterMs = 0): WatchState {
  return { ...step, failures, retryAfterMs }
}

function after(failure: Failure, again: Step, failures: number): WatchState {
  const isLost =
    failure.type === 'gone' || // compacted, or a page that is too old
    failure.type === 'not-found' || // the kind itself is gone, and will be another one
    failure.status === 400 || // what it was given is no version or page to this API server
    isVersionInFuture(failure)
  return at(isLost ? listAll : again, failures, failure.retryAfterMs)
}
