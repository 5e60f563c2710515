import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decode, encode } from '../../../../broker/protocol/codec/codec.ts'
import { arbitraryMessage } from '../../../support/arbitrary-message.ts'
import { allMessages } from '../../../support/golden.ts'
import { toBytes } from '../../../support/parts.ts'

const runs = { seed: 20_261_122, numRuns: 15 }

test.each([...allMessages])('any %s is read as it was written, in every version', (_, type) => {
  const [first, last] = type.versions
  for (let version = first; version <= last; version++) {
    const property = fc.property(arbitraryMessage(type, version), (message) => {
      const bytes = toBytes(encode(type, version, message as never))
      expect(decode(type, version, bytes)).toMatchObject(message)
    })
    fc.assert(property, runs)
  }
})
