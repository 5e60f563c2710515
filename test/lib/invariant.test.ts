import { expect, test } from 'vitest'
import { invariant } from '../../lib/invariant.ts'

test('what holds passes, whatever truthy value says so', () => {
  invariant(true, 'never seen')
  invariant('text', 'never seen')
})

test('what does not hold is an InvariantError with the words given', () => {
  for (const condition of [false, 0, '', null, undefined, Number.NaN]) {
    expect(() => invariant(condition, 'offsets rise')).toThrow(
      expect.objectContaining({ name: 'InvariantError', message: 'offsets rise' }),
    )
  }
})
