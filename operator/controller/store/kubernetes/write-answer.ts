import type { Conflict, Done, Exists, Refused, Unknown } from './cluster-metadata-objects.ts'

/** An HTTP answer of an API server: the status code, and the `Status` object if it was none of ours. */
export type ApiAnswer = { readonly code: number; readonly status?: ApiStatus }
type ApiStatus = {
  readonly message?: string
  readonly reason?: string
  readonly details?: { readonly causes?: readonly unknown[] }
}

/**
 * What an answer to a patch means. As seen on Kubernetes 1.36: a failed `test` is a 422 that
 * cannot be told from other patches that do not fit; one that the schema or a rule of it refuses names
 * causes. What etcd finds too large comes as 500.
 */
export function outcomeOfPatch({
  code,
  status = {},
}: ApiAnswer): Done | Conflict | Refused | Unknown {
  const { message = '', reason = '', details } = status
  const why = `${code} ${reason} ${message}`.replaceAll(/\s+/g, ' ').trim()
  if (code >= 200 && code < 300) return { type: 'done' }
  if (code === 413 || message.includes('request is too large')) return { type: 'refused', why }
  if (code === 422 && (details?.causes?.length ?? 0) > 0) return { type: 'refused', why }
  if (code === 422 || code === 409 || code === 404) return { type: 'conflict', why }
  // 401, 403, 429 changed nothing either, but who asks again later may hear something else.
  return { type: 'unknown', why }
}

/** What an answer to a create means. */
export function outcomeOfCreate(answer: ApiAnswer): Done | Exists | Refused | Unknown {
  if (answer.code === 409) return { type: 'exists' }
  const outcome = outcomeOfPatch(answer)
  return outcome.type === 'conflict' ? { ...outcome, type: 'unknown' } : outcome
}
