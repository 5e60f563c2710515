import { expect, test } from 'vitest'
import { IdleWatch } from '../../../operator/controller/idle-watch.ts'
import { ManualClock } from '../../support/manual-clock.ts'

test('it looks every ten seconds in which nothing is written, until it is stopped', async () => {
  const clock = new ManualClock()
  let looks = 0
  const watch = new IdleWatch(clock, () => void looks++)
  watch.wrote()
  await clock.advance(9_000)
  watch.wrote()
  await clock.advance(9_000)
  expect(looks).toBe(0)
  await clock.advance(21_000)
  expect(looks).toBe(3)
  watch.stop()
  expect(clock.pending).toBe(0)
})
