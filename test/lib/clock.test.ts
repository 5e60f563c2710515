import { expect, test } from 'vitest'
import { realClock, sleep } from '../../lib/clock.ts'
import { ManualClock } from '../support/manual-clock.ts'

test('a timer goes off once its time has come, and not before', async () => {
  const early: number[] = []
  const waits = Array.from({ length: 200 }, async (_, i) => {
    const delayMs = i * 0.17
    const dueMs = realClock.monotonicMs() + delayMs
    await sleep(realClock, delayMs)
    if (realClock.monotonicMs() < dueMs) early.push(delayMs)
  })
  await Promise.all(waits)
  expect(early).toEqual([])
})

test('a timer that was cancelled does not go off', async () => {
  let count = 0
  const timer = realClock.timer(1, () => count++)
  timer.cancel()
  await sleep(realClock, 5)
  expect(count).toBe(0)
})

test('timers of a manual clock go off in the order of their times', async () => {
  const clock = new ManualClock(0)
  const seen: string[] = []
  clock.timer(20, () => seen.push(`late at ${clock.nowMs()}`))
  clock.timer(10, () => seen.push(`early at ${clock.nowMs()}`))
  await clock.advance(15)
  expect(seen).toEqual(['early at 10'])
  await clock.advance(15)
  expect(seen).toEqual(['early at 10', 'late at 20'])
})
