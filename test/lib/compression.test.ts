import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compress, DecompressionError, decompress } from '../../lib/compression.ts'
import { mutations } from '../support/mutate.ts'

const codecs = ['gzip', 'snappy', 'lz4', 'zstd'] as const
const reasonIs = (reason: DecompressionError['reason']) =>
  expect.objectContaining({ name: 'DecompressionError', reason })

/** Neither random nor dull: runs, repeats and noise, up to a few blocks of every codec. */
const compressible = fc
  .array(
    fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 3_000 })),
    { maxLength: 6 },
  )
  .map((runs) =>
    Buffer.concat(runs.flatMap(([run, times]) => Array.from({ length: times }, () => run))),
  )

describe.each(codecs)('%s', (codec) => {
  test('what is compressed comes back', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 5_000 }), compressible), (bytes) => {
        const back = decompress(codec, compress(codec, bytes), bytes.length)
        expect(Buffer.compare(back, bytes)).toBe(0)
      }),
      { seed: 1, numRuns: 60 },
    )
  })

  test('a view into a larger buffer is read within its bounds', () => {
    const bytes = Buffer.from('some text, some text, some text')
    const compressed = compress(codec, bytes)
    const around = new Uint8Array(compressed.length + 20).fill(0x55)
    around.set(compressed, 7)
    const view = new Uint8Array(around.buffer, 7, compressed.length)
    expect(Buffer.from(decompress(codec, view, 100))).toEqual(bytes)
    const source = new Uint8Array(bytes.length + 9)
    source.set(bytes, 4)
    const again = compress(codec, new Uint8Array(source.buffer, 4, bytes.length))
    expect(Buffer.from(decompress(codec, again, 100))).toEqual(bytes)
  })

  test('one byte more than allowed is TooLarge', () => {
    for (const size of [1, 100, 70_000]) {
      const compressed = compress(codec, Buffer.alloc(size, 'kavka'))
      expect(decompress(codec, compressed, size)).toHaveLength(size)
      expect(() => decompress(codec, compressed, size - 1)).toThrow(reasonIs('TooLarge'))
    }
    expect(decompress(codec, compress(codec, new Uint8Array(0)), 0)).toHaveLength(0)
  })

  test('a bomb does not go off', () => {
    const bomb = compress(codec, Buffer.alloc(20_000_000))
    expect(() => decompress(codec, bomb, 100_000)).toThrow(reasonIs('TooLarge'))
  })

  test('bytes cut off at any place are noticed', () => {
    const compressed = compress(codec, Buffer.from('text to be cut off '.repeat(20)))
    for (let length = 0; length < compressed.length; length++) {
      const isWholeStream = codec === 'snappy' && length === 16 // its header alone holds nothing
      if (isWholeStream) continue
      const cut = compressed.subarray(0, length)
      expect(() => decompress(codec, cut, 10_000)).toThrow(reasonIs('Corrupt'))
    }
  })

  test('bytes that do not belong there are noticed behind the end', () => {
    const compressed = compress(codec, Buffer.from('text'))
    for (const tail of ['00', '7a7a7a7a', '1f8b', '28b52ffd', '04224d18', '82534e41']) {
      const longer = Buffer.concat([compressed, Buffer.from(tail, 'hex')])
      expect(() => decompress(codec, longer, 10_000)).toThrow(reasonIs('Corrupt'))
    }
  })

  test('mutated input gives bytes within the bound or a DecompressionError', () => {
    const maxBytes = 3_000
    const original = compress(codec, Buffer.from('fuzz me, or leave me. '.repeat(60)))
    for (const bytes of mutations(original, { count: 5_000, seed: 7 })) {
      try {
        const { length } = decompress(codec, bytes, maxBytes)
        if (length > maxBytes)
          throw new Error(`${length} bytes out of ${Buffer.from(bytes).toString('hex')}`)
      } catch (error) {
        if (!(error instanceof DecompressionError)) throw error
      }
    }
  })
})

test.each(['gzip', 'snappy', 'lz4', 'zstd'] as const)(
  '%s: members, frames or streams in a row are all read, as Java clients may write them',
  (codec) => {
    const parts = ['first, ', '', 'second, ', 'third'].map((text) => Buffer.from(text))
    const compressed = Buffer.concat(parts.map((part) => compress(codec, part)))
    expect(Buffer.from(decompress(codec, compressed, 100)).toString()).toBe('first, second, third')
    expect(() => decompress(codec, compressed, 19)).toThrow(reasonIs('TooLarge'))
  },
)
