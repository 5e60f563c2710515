import { expect, test } from 'vitest'
import { repeat } from '../../../../broker/log/maintenance/repeat.ts'
import { ManualClock } from '../../../support/manual-clock.ts'

const times = { firstMs: 10, intervalMs: 100 }

test('work is done again so long after it has ended', async () => {
  const clock = new ManualClock(0)
  const begun: number[] = []
  let end = () => {}
  const work = () => {
    begun.push(clock.nowMs())
    return new Promise<void>((resolve) => {
      end = resolve
    })
  }
  const repeated = repeat(clock, times, work, () => {})
  await clock.advance(500)
  expect(begun).toEqual([10])
  expect(clock.pending).toBe(0)
  end()
  await clock.advance(0)
  await clock.advance(100)
  expect(begun).toEqual([10, 600])
  const stop = repeated.stop()
  end()
  await stop
  expect(clock.pending).toBe(0)
})

test('work that fails is reported and done again', async () => {
  const clock = new ManualClock(0)
  const errors: unknown[] = []
  const work = () => Promise.reject(new Error('no'))
  const repeated = repeat(clock, times, work, (error) => errors.push(error))
  await clock.advance(110)
  expect(errors).toEqual([new Error('no'), new Error('no')])
  await repeated.stop()
  expect(clock.pending).toBe(0)
})
