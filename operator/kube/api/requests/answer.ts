/** What an API server made of a request: answers are values, since most of them are expected. */
export type Answer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: Failure }

export type Failure = {
  readonly type: FailureType
  /** Of HTTP. Undefined: there was no answer. */
  readonly status?: number
  /** The API server's own word, such as `AlreadyExists`; empty where it gave none. */
  readonly reason: string
  readonly message: string
  /** What exactly, where that is said. */
  readonly causes: readonly Cause[]
  /** The API server asks not to be asked again before. */
  readonly retryAfterMs?: number
}

export type Cause = { readonly reason: string; readonly field: string; readonly message: string }

/**
 * - `conflict`: somebody else changed it, owns the field, or it is another one than the caller means.
 * - `invalid`: with causes, what the schema or its rules refuse. Without, a JSON patch that did not fit:
 *   a failed `test` and a missing path look the same.
 * - `gone`: the version or the page that the caller goes on from is no longer kept.
 * - `too-many-requests`: not looked at; `retryAfterMs` is there if the API server said when.
 * - `too-large`: more than it takes.
 * - `refused`: any other answer that says that nothing was done, such as a missing permission.
 * - `unknown`: no answer, or one that does not say. A write may have happened, or may yet happen.
 */
export type FailureType =
  | 'conflict'
  | 'already-exists'
  | 'not-found'
  | 'invalid'
  | 'gone'
  | 'too-many-requests'
  | 'too-large'
  | 'refused'
  | 'unknown'

/** A failure, for those who can only give up: whoever called them tries again. */
export class KubeError extends Error {
  override readonly name = 'KubeError'
  readonly failure: Failure

  constructor(failure: Failure) {
    super(failure.message)
    this.failure = failure
  }
}

/** @throws {KubeError} If there is none. */
export function valueOf<T>(answer: Answer<T>): T {
  if (!answer.ok) throw new KubeError(answer.failure)
  return answer.value
}

/** @returns Undefined for failures of the types that are `expected`. @throws {KubeError} For others. */
export function valueUnless<T>(
  answer: Answer<T>,
  ...expected: readonly FailureType[]
): T | undefined {
  if (!answer.ok && expected.includes(answer.failure.type)) return undefined
  return valueOf(answer)
}

/** What was read, or undefined where there is nothing. @throws {KubeError} If that is not known. */
export function foundIn<T>(answer: Answer<T>): T | undefined {
  return valueUnless(answer, 'not-found')
}

export function succeeded<T>(value: T): Answer<T> {
  return { ok: true, value }
}

export function failed(failure: Failure): { readonly ok: false; readonly failure: Failure } {
  return { ok: false, failure }
}

/** Of a request that nobody answered. */
export function noAnswer(error: unknown): Failure {
  const { message, code } = error as NodeJS.ErrnoException
  const why = message || code || String(error)
  return { type: 'unknown', reason: '', message: `no answer of the API server: ${why}`, causes: [] }
}
