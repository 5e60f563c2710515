import { expect, test } from 'vitest'
import { readText, textBytes, writeText } from '../../../../broker/protocol/codec/text.ts'

const read = (bytes: Buffer) => readText(bytes, 0, bytes.length)

test('a short name that comes again is the same text', () => {
  for (const name of ['orders', 'payments.v1', 'a', '']) {
    for (let turn = 0; turn < 2; turn++) expect(read(Buffer.from(name))).toBe(name)
  }
})

test('names that share a place in the cache are never taken for each other', () => {
  const names = Array.from({ length: 50_000 }, (_, index) => `topic-${index}`)
  for (const name of [...names, ...names]) expect(read(Buffer.from(name))).toBe(name)
})

test('bytes that are no UTF-8 are U+FFFD each time, and never a name with the same codes', () => {
  const latin = Buffer.from('é', 'latin1')
  for (let turn = 0; turn < 2; turn++) {
    expect(read(latin)).toBe('\ufffd')
    expect(read(Buffer.from('é'))).toBe('é')
    expect(read(Buffer.from([0x61, 0xff, 0x62]))).toBe('a\ufffdb')
    expect(read(Buffer.from('a\ufffdb'))).toBe('a\ufffdb')
  }
})

test('what is written takes the bytes that were counted, whatever the characters', () => {
  for (const unit of ['a', 'é', '万', '😀', '\ud800', '\0']) {
    for (const length of [1, 13, 39, 40, 41, 200]) {
      const text = unit.repeat(length)
      const bytes = Buffer.alloc(textBytes(text) + 1, 0xee)
      expect(writeText(bytes, 0, text)).toBe(bytes.length - 1)
      expect(bytes.at(-1)).toBe(0xee)
      expect(bytes.subarray(0, -1)).toEqual(Buffer.from(text))
    }
  }
})

test('a text that could not be written again, since it is no UTF-8, is refused', () => {
  const garbage = Buffer.alloc(10_923, 0xff)
  expect(() => readText(garbage, 0, garbage.length)).toThrow(
    'a text of 10923 bytes that are no UTF-8',
  )
  expect(readText(garbage, 0, 10_922)).toBe('\ufffd'.repeat(10_922))
  const long = Buffer.from('ä'.repeat(16_383))
  expect(readText(long, 0, long.length)).toBe('ä'.repeat(16_383))
})
