import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Confirmations } from '../../../operator/controller/confirmations.ts'

const start = { nowMs: 1_000, sessionTimeoutMs: 1_500 }

test('all who are there have to say where they are', () => {
  const confirmations = new Confirmations([3, 1], start)
  confirmations.confirm(3)
  confirmations.confirm(7) // nobody waits for that one
  expect(confirmations.missing).toEqual([1])
  confirmations.confirm(1)
  expect(confirmations.isComplete).toBe(true)
})

test('where nobody is there nobody is waited for', () => {
  expect(new Confirmations([], start).isComplete).toBe(true)
})

test('who is silent for a session is waited for no longer, and no less', () => {
  const confirmations = new Confirmations([1, 2, 3], start)
  confirmations.confirm(2)
  expect(confirmations.giveUp(2_499)).toEqual([])
  expect(confirmations.isComplete).toBe(false)
  expect(confirmations.giveUp(2_500)).toEqual([1, 3])
  expect(confirmations.isComplete).toBe(true)
})

test('who could not be heard since the controller stood still has a full session again', () => {
  const confirmations = new Confirmations([1], start)
  expect(confirmations.giveUp(9_000)).toEqual([])
  expect(confirmations.deadlineMs).toBe(10_500)
  expect(confirmations.giveUp(10_500)).toEqual([1])
})

test('it is complete once each was heard, whatever the order, and not before', () => {
  const ids = fc.uniqueArray(fc.nat(9), { minLength: 1 })
  fc.assert(
    fc.property(ids, fc.array(fc.nat(9)), (there, heard) => {
      const confirmations = new Confirmations(there, start)
      for (const id of heard) confirmations.confirm(id)
      expect(confirmations.isComplete).toBe(there.every((id) => heard.includes(id)))
    }),
  )
})
