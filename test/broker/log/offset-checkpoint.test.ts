import { describe, expect, test } from 'vitest'
import {
  decodeOffsetCheckpoint,
  encodeOffsetCheckpoint,
} from '../../../broker/log/offset-checkpoint.ts'
import { fromBase64, kafkaFiles, toBase64 } from './kafka-files.ts'
import { corruptionOf } from './small-file-support.ts'

const file = 'recovery-point-offset-checkpoint'

function decode(text: string) {
  return decodeOffsetCheckpoint(file, Buffer.from(text))
}

describe.each(kafkaFiles.offsetCheckpoints)("Kafka's own of $entries.length", (java) => {
  const offsets = java.entries.map(([topic, partition, offset]) => ({ topic, partition, offset }))

  test('is read, and is the same file when we write it', () => {
    expect(decodeOffsetCheckpoint(file, fromBase64(java.base64))).toEqual(offsets)
    expect(toBase64(encodeOffsetCheckpoint(offsets))).toBe(java.base64)
  })
})

test('a file without lines, or with its version alone, has no entries', () => {
  expect(decode('')).toEqual([])
  expect(decode('0\n')).toEqual([])
})

test('the last line needs no end', () => {
  expect(decode('0\n1\nt 0 5')).toEqual([{ topic: 't', partition: 0, offset: 5 }])
})

test.each([
  ['1\n0\n', 1, 'of another version'],
  ['x\n0\n', 1, 'without a version'],
  ['0\nx\n', 2, 'without a count'],
  ['0\n2\nt 0 5\nt 1\n', 4, 'that ends within a line'],
  ['0\n1\nt 0 5 6\n', 3, 'with a word too many'],
  ['0\n1\nt -1 5\n', 3, 'with a negative partition'],
  ['0\n1\nt 2147483648 5\n', 3, 'with a partition that is no int32'],
  ['0\n1\nt 0 -5\n', 3, 'with a negative offset'],
  ['0\n1\nt 0 9007199254740992\n', 3, 'with an offset beyond 2^53 - 1'],
  ['0\n1\n\n', 3, 'with an empty line'],
  ['0\n2\nt 0 5\n', undefined, 'that lost an entry'],
  ['0\n0\nt 0 5\n', undefined, 'with an entry too many'],
])('%j is corrupt at line %s: a file %s', (text, line, _what) => {
  expect(corruptionOf(() => decode(text))).toMatchObject({ file, line })
})

test('bytes that are not UTF-8 are corrupt', () => {
  const bytes = Buffer.from([0x30, 0x0a, 0xff])
  expect(corruptionOf(() => decodeOffsetCheckpoint(file, bytes))?.file).toBe(file)
})
