import { expect, test } from 'vitest'
import { Sessions } from '../../../operator/controller/sessions.ts'

const process = 'a'

test('a broker that is silent for too long is not alive any more', () => {
  const sessions = new Sessions(1_500)
  sessions.heard(1, process, 0)
  expect(sessions.takeExpired(1_499)).toEqual([])
  expect(sessions.takeExpired(1_500)).toEqual([{ brokerId: 1, incarnationId: process }])
  expect(sessions.isAlive(1)).toBe(false)
})

test('who was heard before sessions became shorter has the time that it was given then', () => {
  const sessions = new Sessions(3_000)
  sessions.heard(1, process, 0)
  sessions.setTimeout(600)
  expect(sessions.takeExpired(2_999)).toEqual([])
  sessions.heard(1, process, 2_999)
  expect(sessions.nextDeadlineMs).toBe(3_599)
  expect(sessions.takeExpired(3_599)).toHaveLength(1)
})
