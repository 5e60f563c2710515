import { expect, test } from 'vitest'
import { keyAndValue } from '../../../cli/produce/key-and-value.ts'
import { LineSplitter } from '../../../cli/produce/line-splitter.ts'

const input = 'a\n\nbc\r\n\xff\x00\nlast'

test.each([1, 2, 3, 100])('lines are the same however they come: %i bytes at a time', (size) => {
  const splitter = new LineSplitter()
  const bytes = Buffer.from(input, 'latin1')
  const lines: Uint8Array[] = []
  for (let at = 0; at < bytes.length; at += size) {
    lines.push(...splitter.push(bytes.subarray(at, at + size)))
  }
  lines.push(...splitter.rest())

  expect(lines.map((line) => Buffer.from(line).toString('latin1'))).toEqual(input.split('\n'))
})

test('a line end at the very end begins no other line', () => {
  const splitter = new LineSplitter()

  expect(splitter.push(Buffer.from('a\n'))).toHaveLength(1)
  expect(splitter.rest()).toEqual([])
})

test('the key ends at the first separator', () => {
  const { key, value } = keyAndValue(Buffer.from('k::v::w'), Buffer.from('::'), 1)

  expect([key, value].map(String)).toEqual(['k', 'v::w'].map((text) => String(Buffer.from(text))))
})

test('a line without a key is an error, and not a record with another meaning', () => {
  expect(() => keyAndValue(Buffer.from('v'), Buffer.from(':'), 12)).toThrow(
    "line 12 has no key separator ':'",
  )
})
