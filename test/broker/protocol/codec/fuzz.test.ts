import { expect, test } from 'vitest'
import { decode } from '../../../../broker/protocol/codec/codec.ts'
import { ProtocolError } from '../../../../broker/protocol/protocol-error.ts'
import type { Message } from '../../../../broker/protocol/schema/message.ts'
import { effort } from '../../../support/effort.ts'
import { allMessages, readVectors } from '../../../support/golden.ts'
import { mutate, seeded } from '../../../support/mutate.ts'

const frames = effort(250_000, 1_000_000)
const seed = 7

test('damaged messages are read or refused, and nothing else happens', () => {
  const vectors = readVectors()
  const random = seeded(seed)
  const outcomes = { read: 0, refused: 0 }
  for (let done = 0; done < frames; done++) {
    const vector = vectors[random(vectors.length)]!
    const bytes = mutate(vector.bytes, random)
    try {
      decode(allMessages.get(vector.name) as Message, vector.version, bytes)
      outcomes.read += 1
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw wrongError(vector, bytes, error)
      outcomes.refused += 1
    }
  }
  // Both must be common, or the damage is too small or too great to tell anything.
  expect(Math.min(outcomes.read, outcomes.refused)).toBeGreaterThan(frames / 10)
}, 180_000)

function wrongError(
  { name, version }: { name: string; version: number },
  bytes: Uint8Array,
  cause: unknown,
) {
  const hex = Buffer.from(bytes).toString('hex')
  return new Error(`${name} v${version} of ${hex} is neither read nor refused`, { cause })
}
