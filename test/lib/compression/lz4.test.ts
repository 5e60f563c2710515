import { expect, test } from 'vitest'
import { compress, decompress } from '../../../lib/compression.ts'
import frames from './fixtures/lz4-frames.json' with { type: 'json' }

const corrupt = expect.objectContaining({ name: 'DecompressionError', reason: 'Corrupt' })
const unlz4 = (bytes: Uint8Array, maxBytes = 1_000_000) =>
  Buffer.from(decompress('lz4', bytes, maxBytes))
const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')

/** Frames of the lz4 command 1.9.4, in blocks of 64 KB: `lz4 -BD -B4 -BX --content-size`. */
const linked = Buffer.from(frames.linkedBlocksWithAllChecksumsAndSize, 'base64')
const linkedText = 'kavka reads linked blocks. '.repeat(4_000)

test('it is written as Kafka reads it: independent blocks of 64 KB, nothing optional', () => {
  const noise = Buffer.from(Array.from({ length: 65_536 }, (_, i) => (i * i * 31) >> 5))
  const written = Buffer.from(compress('lz4', Buffer.concat([Buffer.alloc(70_000, 'k'), noise])))
  expect(written.subarray(0, 7)).toEqual(hex('04224d18 60 40 82'))
  const sizes = []
  let at = 7
  for (let size = written.readUInt32LE(at); size !== 0; size = written.readUInt32LE(at)) {
    sizes.push(size & 0x7fffffff)
    at += 4 + (size & 0x7fffffff)
  }
  expect(sizes).toHaveLength(3)
  expect(Math.max(...sizes)).toBeLessThanOrEqual(65_536)
  expect(at).toBe(written.length - 4)
})

test('what does not get smaller is stored', () => {
  const written = Buffer.from(compress('lz4', Buffer.from('abc')))
  expect(written).toEqual(hex('04224d18 60 40 82 03000080 616263 00000000'))
  expect(unlz4(written).toString()).toBe('abc')
})

test('linked blocks are read, with checksums of blocks and content and a content size', () => {
  expect(linked[4]).toBe(0b0101_1100) // linked, block checksums, content size, content checksum
  expect(unlz4(linked).toString()).toBe(linkedText)
})

test('several frames in a row are read', () => {
  const threeFrames = Buffer.from(frames.threeFrames, 'base64')
  const text = 'and another frame'
  expect(unlz4(threeFrames).toString()).toBe(text + linkedText + text)
})

test('each damaged bit of a frame with checksums is noticed', () => {
  for (let bit = 0; bit < linked.length * 8; bit++) {
    const damaged = Buffer.from(linked)
    damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7))
    expect(() => unlz4(damaged)).toThrow(corrupt)
  }
})

test('a match may overlap itself, as a run does', () => {
  const frame = hex('04224d18 60 40 82 07000000 1f 61 0100 32 10 62 00000000')
  expect(unlz4(frame).toString()).toBe(`${'a'.repeat(1 + 15 + 4 + 0x32)}b`)
})

test.each([
  ['an empty input', ''],
  ['another magic', '05224d18 60 40 82 00000000'],
  ['another checksum of the header', '04224d18 60 40 83 00000000'],
  ['a dictionary', '04224d18 61 40 00000000 00 00000000'],
  ['a distance of 0', '04224d18 60 40 82 06000000 10 61 0000 10 62 00000000'],
  ['a match before the block', '04224d18 60 40 82 06000000 10 61 0200 10 62 00000000'],
  ['a block without last literals', '04224d18 60 40 82 04000000 10 61 0100 00000000'],
  ['a block that ends in a length', '04224d18 60 40 82 02000000 f0 ff 00000000'],
  ['a block that is cut off', '04224d18 60 40 82 06000000 10 61'],
  ['no end mark', '04224d18 60 40 82'],
])('a frame with %s is Corrupt', (_, bytes) => {
  expect(() => unlz4(hex(bytes))).toThrow(corrupt)
})

test('a block larger than its frame announces is Corrupt', () => {
  const run = Buffer.concat([hex('1f 61 0100'), Buffer.alloc(259, 0xff), hex('00 10 62')])
  expect(run).toHaveLength(0x010a) // 1 literal, a match of 66 KB, 1 literal
  const frame = [hex('04224d18 60 40 82 0a010000'), run, hex('00000000')]
  expect(() => unlz4(Buffer.concat(frame))).toThrow(corrupt)

  const stored = [hex('04224d18 60 40 82 01000180'), Buffer.alloc(65_537), hex('00000000')]
  expect(() => unlz4(Buffer.concat(stored))).toThrow(corrupt)
})
