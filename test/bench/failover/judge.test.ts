import { expect, test } from 'vitest'
import { judge } from '../../../bench/failover/judge.ts'

const good = { lost: 0, twice: 0, disordered: 0 }

test('all that was acknowledged, once and in order, is good', () => {
  expect(judge([0, 1, 2], [0, 1, 2])).toEqual(good)
  expect(judge([], [])).toEqual(good)
})

test('acknowledgements may come in another order than the records', () => {
  expect(judge([2, 0, 1], [0, 1, 2])).toEqual(good)
})

test('what was acknowledged and is not there is lost', () => {
  expect(judge([0, 1, 2, 3], [0, 2])).toEqual({ ...good, lost: 2 })
})

test('what was not acknowledged may be there or not', () => {
  expect(judge([0, 3], [0, 1, 3])).toEqual(good)
})

test('what is there again counts as often as it is there again, and as nothing else', () => {
  expect(judge([0, 1, 2], [0, 1, 2, 0, 1, 1])).toEqual({ ...good, twice: 3 })
})

test('what comes behind a larger one is out of order', () => {
  expect(judge([0, 1, 2, 3], [0, 3, 1, 2])).toEqual({ ...good, disordered: 2 })
})
