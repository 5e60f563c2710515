import { expect, test } from 'vitest'
import { sipHash128, sipKey } from '../../lib/sip-hash.ts'

/** `openssl mac -macopt hexkey:000102...0f -macopt size:16 SIPHASH` of 00 01 02 ..., by length. */
test.each([
  [0, 'a3817f04ba25a8e66df67214c7550293'],
  [1, 'da87c1d86b99af44347659119b22fc45'],
  [7, 'a1f1ebbed8dbc153c0b84aa61ff08239'],
  [8, '3b62a9ba6258f5610f83e264f31497b4'],
  [15, '5493e99933b0a8117e08ec0f97cfc3d9'],
  [36, '3dc47d1f29c448461e9e76ed904f6711'],
  [64, '1eaf077dc0d4cd3f8cad4d383658a74b'],
  [300, 'ce005a406d14b36d5386b5f7a7e1b311'],
])('SipHash of %i bytes is what OpenSSL says', (length, hash) => {
  const into = new Int32Array(4)
  const key = sipKey(Uint8Array.from({ length: 16 }, (_, index) => index))
  sipHash128(
    key,
    Uint8Array.from({ length }, (_, index) => index),
    into,
  )
  expect(Buffer.from(into.buffer).toString('hex')).toBe(hash)
})
