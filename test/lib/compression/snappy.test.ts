import { compressSync } from 'snappy'
import { expect, test } from 'vitest'
import { compress, decompress } from '../../../lib/compression.ts'

const corrupt = expect.objectContaining({ name: 'DecompressionError', reason: 'Corrupt' })
const unsnappy = (bytes: Uint8Array, maxBytes = 1_000_000) =>
  Buffer.from(decompress('snappy', bytes, maxBytes))
const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')

test('it is written in the framing of snappy-java, in blocks of 32 KB', () => {
  const framed = Buffer.from(compress('snappy', Buffer.alloc(70_000, 'kavka ')))
  expect(framed.subarray(0, 16)).toEqual(hex('82534e4150505900 00000001 00000001'))
  const sizes = []
  for (let at = 16; at < framed.length; at += 4 + framed.readInt32BE(at)) {
    sizes.push(unsnappy(framed.subarray(at + 4, at + 4 + framed.readInt32BE(at))).length)
  }
  expect(sizes).toEqual([32_768, 32_768, 4_464])
})

test('a single raw block is read too, as librdkafka sends it', () => {
  const bytes = Buffer.alloc(70_000, 'raw ')
  expect(unsnappy(compressSync(bytes))).toEqual(bytes)
  expect(unsnappy(hex('00'))).toHaveLength(0)
})

test('a raw block that claims more than it can hold is refused before it is decompressed', () => {
  expect(() => unsnappy(hex('ffffffff0f 00'), 2 ** 33)).toThrow(corrupt)
  expect(() => unsnappy(hex('ffffffff0f 00'))).toThrow(
    expect.objectContaining({ name: 'DecompressionError' }),
  )
})

test.each(['', 'ff', 'ffffffffff01', '05 0c', '0a 00 61 ff'])('raw %j is Corrupt', (bytes) => {
  expect(() => unsnappy(hex(bytes))).toThrow(corrupt)
})

test.each([
  ['a negative length', 'ffffffff'],
  ['a length of 0', '00000000'],
  ['a length beyond the end', '00000005 00'],
  ['a cut-off length', '0000'],
  ['half of a second header', '82534e4150505900 00000001'],
])('a block with %s is Corrupt', (_, block) => {
  expect(() => unsnappy(hex(`82534e4150505900 00000001 00000001 ${block}`))).toThrow(corrupt)
})
