import { expect, test } from 'vitest'
import {
  failureOf,
  isVersionInFuture,
} from '../../../../../operator/kube/api/requests/failure-of.ts'

const status = (reason: string, more = {}) => ({ kind: 'Status', reason, message: 'why', ...more })

test.each([
  [409, status('Conflict'), 'conflict'],
  [409, status('AlreadyExists'), 'already-exists'],
  [404, status('NotFound'), 'not-found'],
  [410, status('Expired'), 'gone'],
  [422, status('Invalid'), 'invalid'],
  [429, status('TooManyRequests'), 'too-many-requests'],
  [413, 'Request Entity Too Large', 'too-large'],
  [500, status('', { message: 'etcdserver: request is too large' }), 'too-large'],
  [400, status('BadRequest'), 'refused'],
  [401, status('Unauthorized'), 'refused'],
  [403, status('Forbidden'), 'refused'],
  [500, status('InternalError'), 'unknown'],
  [503, undefined, 'unknown'],
  [504, status('Timeout'), 'unknown'],
] as const)('an answer of %i with %j is %s', (code, body, type) => {
  expect(failureOf(code, body)).toMatchObject({ type, status: code })
})

test('a refusal by the schema says which fields', () => {
  const causes = [{ reason: 'FieldValueInvalid', field: 'spec.partitions', message: 'at least 1' }]
  expect(failureOf(422, status('Invalid', { details: { causes } })).causes).toEqual(causes)
})

test('a JSON patch that did not fit has no causes', () => {
  expect(failureOf(422, status('Invalid', { details: {} })).causes).toEqual([])
})

test('how long to wait is told by the header, or else by the answer', () => {
  const body = status('TooManyRequests', { details: { retryAfterSeconds: 3 } })
  expect(failureOf(429, body, '1').retryAfterMs).toBe(1_000)
  expect(failureOf(429, body).retryAfterMs).toBe(3_000)
  expect(failureOf(429, undefined, 'Wed, 21 Oct 2026 07:28:00 GMT').retryAfterMs).toBeUndefined()
})

test('a version that the API server has not come to is told from other timeouts', () => {
  const causes = [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }]
  expect(isVersionInFuture(failureOf(504, status('Timeout', { details: { causes } })))).toBe(true)
  expect(isVersionInFuture(failureOf(504, status('Timeout')))).toBe(false)
})

test.each([undefined, null, 7, '<html>', { details: { causes: 'none' } }, { details: 1 }])(
  'an answer that is no Status is read as well: %j',
  (body) => {
    expect(failureOf(502, body)).toMatchObject({ type: 'unknown', causes: [] })
    expect(failureOf(502, body).message).toBe('the API server answered 502')
  },
)
