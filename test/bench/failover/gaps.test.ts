import { expect, test } from 'vitest'
import { longestGapMs, percentile } from '../../../bench/failover/gaps.ts'

const acksAt = (...times: number[]) => {
  return times.map((ackedMs, number) => ({ number, sentMs: ackedMs - 1, ackedMs }))
}

test('a gap begins with the last acknowledgement before the fault', () => {
  const acks = acksAt(90, 95, 400, 405)
  expect(longestGapMs(acks, { fromMs: 100, toMs: 410 })).toBe(305)
})

test('of several gaps the longest counts, wherever it is in the span', () => {
  const acks = acksAt(95, 120, 320, 350)
  expect(longestGapMs(acks, { fromMs: 100, toMs: 360 })).toBe(200)
})

test('gaps before and after the span are those of others', () => {
  const acks = acksAt(0, 1_000, 1_005, 1_010, 1_015, 9_000)
  expect(longestGapMs(acks, { fromMs: 1_002, toMs: 1_016 })).toBe(5)
})

test('a gap that is not over counts up to the end of the span', () => {
  expect(longestGapMs(acksAt(95, 105), { fromMs: 100, toMs: 700 })).toBe(595)
  expect(longestGapMs(acksAt(95), { fromMs: 100, toMs: 700 })).toBe(605)
  expect(longestGapMs([], { fromMs: 100, toMs: 700 })).toBe(600)
})

test('the 99th percentile of fewer than a hundred is the largest', () => {
  const upTo = (count: number) => Array.from({ length: count }, (_, index) => count - index)
  expect(percentile(upTo(99), 0.99)).toBe(99)
  expect(percentile(upTo(100), 0.99)).toBe(99)
  expect(percentile([3, 1, 2], 0.5)).toBe(2)
  expect(percentile([1], 0)).toBe(1)
})
