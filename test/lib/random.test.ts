import { expect, test } from 'vitest'
import { realRandom } from '../../lib/random.ts'

test('a number below a bound is a whole number from 0 up to it', () => {
  const seen = new Set(Array.from({ length: 1_000 }, () => realRandom.below(4)))
  expect([...seen].toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3])
})

test('bytes differ from call to call', () => {
  expect(realRandom.bytes(16)).toHaveLength(16)
  expect(realRandom.bytes(16)).not.toEqual(realRandom.bytes(16))
})
