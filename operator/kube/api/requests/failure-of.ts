import type { Cause, Failure, FailureType } from './answer.ts'

/**
 * What an answer that is no success means.
 *
 * @param body As JSON: a `metav1.Status`. Proxies on the way answer with anything.
 * @param retryAfter The header of that name.
 */
export function failureOf(status: number, body: unknown, retryAfter?: string): Failure {
  const said = readStatus(body)
  const retryAfterMs = secondsToMs(retryAfter) ?? said.retryAfterMs
  const { reason, causes } = said
  return {
    type: typeOf(status, said),
    status,
    reason,
    message: said.message === '' ? `the API server answered ${status}` : said.message,
    causes,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  }
}

/** Whether the version that was asked for is one that this API server never had: an older etcd is there now. */
export function isVersionInFuture({ causes }: Failure): boolean {
  return causes.some(({ reason }) => reason === 'ResourceVersionTooLarge')
}

type Said = {
  readonly reason: string
  readonly message: string
  readonly causes: readonly Cause[]
  readonly retryAfterMs: number | undefined
}

function typeOf(status: number, { reason, message }: Said): FailureType {
  if (status === 409) return reason === 'AlreadyExists' ? 'already-exists' : 'conflict'
  // etcd's own limit has no status of its own.
  if (status === 413 || message.includes('request is too large')) return 'too-large'
  if (status === 404) return 'not-found'
  if (status === 422) return 'invalid'
  if (status === 410) return 'gone'
  if (status === 429) return 'too-many-requests'
  return status >= 400 && status < 500 && status !== 408 ? 'refused' : 'unknown'
}

function readStatus(body: unknown): Said {
  const { reason, message, details } = plain(body)
  const { causes, retryAfterSeconds } = plain(details)
  return {
    reason: text(reason),
    message: text(message),
    causes: Array.isArray(causes) ? causes.map(causeOf) : [],
    retryAfterMs: typeof retryAfterSeconds === 'number' ? retryAfterSeconds * 1_000 : undefined,
  }
}

function causeOf(cause: unknown): Cause {
  const { reason, field, message } = plain(cause)
  return { reason: text(reason), field: text(field), message: text(message) }
}

function plain(value: unknown): { readonly [name: string]: unknown } {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function secondsToMs(retryAfter: string | undefined): number | undefined {
  return retryAfter !== undefined && /^\d{1,6}$/.test(retryAfter)
    ? Number(retryAfter) * 1_000
    : undefined
}
