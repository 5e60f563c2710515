import { expect, test } from 'vitest'
import { xxh32 } from '../../../lib/compression/xxh32.ts'

test.each([
  ['', 0x02cc5d05],
  ['a', 0x550d7456],
  ['abc', 0x32d153ff],
  ['Nobody inspects the spammish repetition', 0xe2293b2f],
])('XXH32 of %j is what other implementations say', (text, expected) => {
  const bytes = Buffer.from(`..${text}...`)
  expect(xxh32(bytes, 2, bytes.length - 3)).toBe(expected)
})
