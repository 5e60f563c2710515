import { expect, test } from 'vitest'
import {
  afterEnd,
  longestDelayMs,
  noRestarts,
  type Restarts,
} from '../../../../operator/runtime/process/restarts.ts'

/** The delays of a process that ends each time so long after it was started. */
function delays(livedMs: number, times: number): number[] {
  let restarts: Restarts = noRestarts
  return Array.from({ length: times }, (_, index) => {
    restarts = { ...restarts, startedMs: index * 1_000_000 }
    const next = afterEnd(restarts, restarts.startedMs + livedMs)
    restarts = next.restarts
    return next.delayMs
  })
}

test('a process that ends for the first time is started again at once', () => {
  expect(delays(0, 1)).toEqual([0])
})

test('one that ends again and again is started later each time, up to ten seconds', () => {
  expect(delays(29_999, 10)).toEqual([0, 100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000])
})

test('one that ran half a minute is started at once, whatever was before', () => {
  expect(delays(30_000, 3)).toEqual([0, 0, 0])
  const before = { failures: 9, startedMs: 5_000 }
  const { restarts, delayMs } = afterEnd(before, 35_000)
  expect(delayMs).toBe(0)
  expect(afterEnd(restarts, 35_001).delayMs).toBe(0)
})

test('no number of failures makes it wait longer, or for ever', () => {
  expect(afterEnd({ failures: 5_000, startedMs: 0 }, 1).delayMs).toBe(longestDelayMs)
})
