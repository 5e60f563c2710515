import { describe, expect, test } from 'vitest'
import { afterEnd, noRestarts } from '../../../../operator/runtime/process/restarts.ts'
import { nextRestarts } from '../../../../operator/runtime/process/rolling.ts'

describe('a process that ends by itself is started again', () => {
  test('at once, and each time later if it keeps ending', () => {
    const delays: number[] = []
    let { restarts } = { restarts: noRestarts }
    for (let nowMs = 1_000; delays.length < 11; nowMs += 1_000) {
      const next = afterEnd({ ...restarts, startedMs: nowMs - 500 }, nowMs)
      restarts = next.restarts
      delays.push(next.delayMs)
    }
    expect(delays).toEqual([0, 100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000, 10_000])
  })

  test('at once again after a time in which all was well', () => {
    const bad = { failures: 7, startedMs: 1_000 }
    expect(afterEnd(bad, 30_999).delayMs).toBe(6_400)
    expect(afterEnd(bad, 31_000)).toEqual({
      restarts: { failures: 1, startedMs: 1_000 },
      delayMs: 0,
    })
  })
})

describe('brokers that run with something else than they should are started anew', () => {
  const broker = (nodeId: number, isOutdated: boolean, isServing: boolean) => {
    return { nodeId, isOutdated, isServing }
  }

  test('one after another, while all serve', () => {
    expect(nextRestarts([broker(0, true, true), broker(1, true, true)])).toEqual([0])
    expect(nextRestarts([broker(0, false, false), broker(1, true, true)])).toEqual([])
    expect(nextRestarts([broker(0, false, true), broker(1, true, true)])).toEqual([1])
    expect(nextRestarts([broker(0, false, true), broker(1, false, true)])).toEqual([])
  })

  test('at once and together where they do not serve anyway', () => {
    const none = [broker(0, true, false), broker(1, true, false), broker(2, true, true)]
    expect(nextRestarts(none)).toEqual([0, 1])
  })
})
