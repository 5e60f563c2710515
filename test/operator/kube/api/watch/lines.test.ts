import fc from 'fast-check'
import { expect, test } from 'vitest'
import { lines } from '../../../../../operator/kube/api/watch/lines.ts'

test('lines are the same, however their bytes are cut into pieces', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ unit: 'grapheme' }).map((line) => line.replaceAll('\n', ' '))),
      fc.infiniteStream(fc.integer({ min: 1, max: 9 })),
      async (wanted, sizes) => {
        const bytes = Buffer.from(wanted.map((line) => `${line}\n`).join(''))
        expect(await read(bytes, sizes)).toEqual(wanted)
      },
    ),
  )
})

test('what was cut off is no line', async () => {
  expect(await read(Buffer.from('one\ntw'), [3, 4])).toEqual(['one'])
})

test('a line without an end is not kept without an end', async () => {
  await expect(read(Buffer.alloc(2_000, 'a'), [100])).rejects.toThrow('longer than 1000 bytes')
})

async function read(bytes: Buffer, sizes: Iterable<number>): Promise<string[]> {
  async function* pieces() {
    const next = sizes[Symbol.iterator]()
    for (let at = 0; at < bytes.length; ) {
      const size = (next.next().value as number | undefined) ?? 7
      yield bytes.subarray(at, at + size)
      at += size
    }
  }
  const found: string[] = []
  for await (const line of lines(pieces(), 1_000)) found.push(line)
  return found
}
