import fc from 'fast-check'
import { expect, test } from 'vitest'
import { realRandom } from '../../../../../lib/random.ts'
import { failureOf } from '../../../../../operator/kube/api/requests/failure-of.ts'
import {
  delayMs,
  firstWatchState,
  nextWatchState,
  type StepResult,
  type WatchState,
} from '../../../../../operator/kube/api/watch/watch-state.ts'

const watching = after(firstWatchState, listed('100'))
const noAnswer = failureOf(500, undefined)

test('all pages are listed, and then what changes since is heard', () => {
  const second = after(firstWatchState, listed('100', 'page-2'))
  expect(second).toMatchObject({ step: 'list', page: 'page-2' })
  expect(after(second, listed('100'))).toMatchObject({ step: 'watch', version: '100' })
})

test('a page that was not answered is asked for again, not the whole list', () => {
  const second = after(firstWatchState, listed('100', 'page-2'))
  const again = after(second, { type: 'failed', failure: noAnswer })
  expect(again).toMatchObject({ step: 'list', page: 'page-2', failures: 1 })
})

test('a page that is no longer kept begins the list anew', () => {
  const second = after(firstWatchState, listed('100', 'page-2'))
  const again = after(second, { type: 'failed', failure: failureOf(410, undefined) })
  expect(again).toMatchObject({ step: 'list', page: undefined })
})

test('a watch that ended in order goes on at once where it was', () => {
  const next = after(watching, watched('120', 'closed'))
  expect(next).toMatchObject({ step: 'watch', version: '120', failures: 0 })
  expect(delayMs(next, realRandom)).toBe(0)
})

test.each([
  ['was cut', noAnswer],
  ['was told to wait', failureOf(429, undefined, '1')],
  ['was not allowed', failureOf(403, undefined)],
])('a watch that %s goes on where it was, a little later', (_, end) => {
  const next = after(watching, watched('120', end))
  expect(next).toMatchObject({ step: 'watch', version: '120', failures: 1 })
  expect(delayMs(next, realRandom)).toBeGreaterThan(0)
})

test('what the API server asks to wait for is waited for, and never less', () => {
  const next = after(watching, watched('100', failureOf(429, undefined, '2'), false))
  for (let count = 0; count < 100; count++) {
    expect(delayMs(next, realRandom)).toBeGreaterThanOrEqual(2_000)
    expect(delayMs(next, realRandom)).toBeLessThan(3_000)
  }
})

test.each([
  ['its version is too old', failureOf(410, undefined)],
  ['the kind is gone', failureOf(404, undefined)],
  ['its version is none', failureOf(400, undefined)],
  [
    'its version is to come',
    failureOf(504, { details: { causes: [{ reason: 'ResourceVersionTooLarge' }] } }),
  ],
])('all is listed again if %s', (_, end) => {
  expect(after(watching, watched('120', end))).toMatchObject({ step: 'list', page: undefined })
})

test('a watch that fell silent goes on where it was', () => {
  const next = after(watching, watched('120', 'silent'))
  expect(next).toMatchObject({ step: 'watch', version: '120' })
})

test('a watch that never said anything makes us ask where the API server is', () => {
  const probing = after(watching, watched('100', 'silent', false))
  expect(probing).toMatchObject({ step: 'probe', version: '100' })
  // 99 is older than 100, though not as a text.
  expect(after(probing, { type: 'probed', version: '99' })).toMatchObject({ step: 'list' })
  for (const version of ['100', '101', '1000']) {
    expect(after(probing, { type: 'probed', version })).toMatchObject({ step: 'watch' })
  }
})

test('who fails again and again asks less often, up to every 10 seconds', () => {
  let state = watching
  const delays = Array.from({ length: 12 }, () => {
    state = after(state, watched('100', noAnswer, false))
    return delayMs(state, { ...realRandom, below: (below) => below - 1 })
  })
  expect(delays[0]).toBeLessThan(100)
  expect(delays.at(-1)).toBe(9_999)
  expect(delays).toEqual(delays.toSorted((a, b) => a - b))
})

test('something that was heard ends the failures before it', () => {
  const failing = after(watching, watched('100', noAnswer, false), watched('100', noAnswer, false))
  expect(failing.failures).toBe(2)
  expect(after(failing, watched('130', noAnswer)).failures).toBe(1)
})

test('only what cannot be gone on from is listed again, whatever happens in whatever order', () => {
  const codes = fc.constantFrom(401, 403, 408, 429, 500, 502, 503, 504)
  const ends = fc.oneof(
    fc.constantFrom('closed' as const, 'silent' as const),
    codes.map((code) => failureOf(code, undefined)),
  )
  fc.assert(
    fc.property(fc.array(fc.record({ end: ends, heard: fc.boolean() })), (all) => {
      let state = watching
      for (const { end, heard } of all) {
        state = after(state, watched('100', end, heard))
        if (state.step === 'probe') state = after(state, { type: 'probed', version: '100' })
        expect(state.step).toBe('watch')
      }
    }),
  )
})

function after(state: WatchState, ...results: StepResult[]): WatchState {
  return results.reduce(nextWatchState, state)
}

function listed(version: string, next?: string): StepResult {
  return { type: 'listed', version, next }
}

function watched(
  version: string,
  end: (StepResult & { type: 'watched' })['end'],
  heard = true,
): StepResult {
  return { type: 'watched', version, heard, end }
}
