import { expect, test } from 'vitest'
import { counted, oneOf, quoted } from '../../lib/wording.ts'

test('words are told as somebody would say them', () => {
  expect([[], ['a'], ['a', 'b'], ['a', 'b', 'c']].map(oneOf)).toEqual([
    '',
    'a',
    'a or b',
    'a, b or c',
  ])
})

test('one of something is not many', () => {
  expect([0, 1, 2].map((count) => counted(count, 'record'))).toEqual([
    '0 records',
    '1 record',
    '2 records',
  ])
})

test('the text of somebody else stays on one line and is not long', () => {
  expect(quoted('a\nb\u2028c')).toBe('"a b c"')
  expect(quoted('x'.repeat(1_000))).toHaveLength(62)
})
