import fc from 'fast-check'
import { expect, test } from 'vitest'
import { crc32c } from '../../lib/crc32c.ts'

test('it is CRC32C: the check value and the vectors of RFC 3720', () => {
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283)
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa)
  expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43)
  expect(crc32c(new Uint8Array(0))).toBe(0)
})

test('a view takes part only with its own bytes', () => {
  const whole = new Uint8Array(100).fill(0xaa)
  whole.set(Buffer.from('123456789'), 33)
  expect(crc32c(whole.subarray(33, 42))).toBe(0xe3069283)
  expect(crc32c(new Uint8Array(whole.buffer, 33, 9))).toBe(0xe3069283)
  expect(crc32c(Buffer.from(whole.buffer, 33, 9))).toBe(0xe3069283)
})

test('continuing from one part to the next is the same as all at once', () => {
  const parts = fc.tuple(fc.uint8Array(), fc.uint8Array(), fc.uint8Array())
  fc.assert(
    fc.property(parts, ([a, b, c]) => {
      expect(crc32c(c, crc32c(b, crc32c(a)))).toBe(crc32c(Buffer.concat([a, b, c])))
    }),
    { seed: 1 },
  )
})
