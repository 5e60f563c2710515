import { expect, test } from 'vitest'
import { WorkQueue } from '../../operator/work-queue.ts'
import { ManualClock } from '../support/manual-clock.ts'

/** A queue whose work waits until it is let go. */
function queueOf({ concurrency = 10 } = {}) {
  const clock = new ManualClock()
  const began: string[] = []
  const failed: string[] = []
  const ends = new Map<string, PromiseWithResolvers<void>>()
  const queue = new WorkQueue({
    clock,
    concurrency,
    work: (key) => {
      began.push(key)
      const end = Promise.withResolvers<void>()
      ends.set(key, end)
      return end.promise
    },
    failed: (key) => failed.push(key),
  })
  const settle = async () => {
    for (let turns = 0; turns < 3; turns++) await clock.advance(0)
  }
  const end = (key: string) => {
    ends.get(key)?.resolve()
    return settle()
  }
  const fail = (key: string) => {
    ends.get(key)?.reject(new Error('not now'))
    return settle()
  }
  return { clock, queue, began, failed, end, fail }
}

test('a key is worked on once, however often it is added before', async () => {
  const { clock, queue, began } = queueOf()
  for (const key of ['a', 'b', 'a']) queue.add(key)
  await clock.advance(0)
  expect(began).toEqual(['a', 'b'])
})

test('a key that is added while it is worked on is worked on again, and never twice at once', async () => {
  const { clock, queue, began, end } = queueOf()
  queue.add('a')
  await clock.advance(0)
  queue.add('a')
  await clock.advance(0)
  expect(began).toEqual(['a'])
  await end('a')
  expect(began).toEqual(['a', 'a'])
  await end('a')
  expect(began).toEqual(['a', 'a'])
})

test('no more keys than are allowed are worked on at once', async () => {
  const { clock, queue, began, end } = queueOf({ concurrency: 2 })
  for (const key of ['a', 'b', 'c']) queue.add(key)
  await clock.advance(0)
  expect(began).toEqual(['a', 'b'])
  await end('b')
  expect(began).toEqual(['a', 'b', 'c'])
})

test('what fails is tried again, each time later, and at once where something changed', async () => {
  const { clock, queue, began, failed, fail, end } = queueOf()
  queue.add('a')
  await clock.advance(0)
  await fail('a')
  expect(failed).toEqual(['a'])
  await clock.advance(99)
  expect(began).toHaveLength(1)
  await clock.advance(1)
  expect(began).toHaveLength(2)
  await fail('a')
  await clock.advance(199)
  expect(began).toHaveLength(2)
  queue.retryFailed()
  await clock.advance(0)
  expect(began).toHaveLength(3)
  await end('a')
  await clock.advance(60_000)
  expect(began).toHaveLength(3)
  expect(clock.pending).toBe(0)
})

test('a queue that is closed waits for what is under way, and begins nothing more', async () => {
  const { clock, queue, began, end } = queueOf({ concurrency: 1 })
  queue.add('a')
  queue.add('b')
  await clock.advance(0)
  let isClosed = false
  const closed = queue.close().then(() => {
    isClosed = true
  })
  queue.add('c')
  await clock.advance(1_000)
  expect(isClosed).toBe(false)
  await end('a')
  await closed
  expect(began).toEqual(['a'])
})
