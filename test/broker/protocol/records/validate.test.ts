import { describe, expect, test } from 'vitest'
import { buildBatch } from '../../../../broker/protocol/records/build.ts'
import { at } from '../../../../broker/protocol/records/layout.ts'
import {
  validateBatch,
  validateProducedBatch,
} from '../../../../broker/protocol/records/validate.ts'
import { changed, kafkaError, producedBatch } from './support.ts'

const batch = producedBatch()

test('what a producer sends is valid', () => {
  expect(validateBatch(batch)).toBe(batch.length)
  validateProducedBatch(batch)
  validateProducedBatch(producedBatch({ compression: 'zstd', isTransactional: true }))
  validateProducedBatch(producedBatch({ producerId: -1, producerEpoch: -1, baseSequence: -1 }))
})

test('each flipped bit from the CRC on is CORRUPT_MESSAGE', () => {
  for (let bit = at.crc * 8; bit < batch.length * 8; bit++) {
    const damaged = Buffer.from(batch)
    damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7))
    expect(() => validateBatch(damaged)).toThrow(kafkaError('CORRUPT_MESSAGE'))
  }
})

test('each flipped bit of length and magic is noticed', () => {
  for (const field of [at.batchLength, at.batchLength + 1, at.batchLength + 3, at.magic]) {
    for (let bit = 0; bit < 8; bit++) {
      const damaged = Buffer.from(batch)
      damaged[field] = (damaged[field] as number) ^ (1 << bit)
      expect(() => validateBatch(damaged)).toThrow(expect.objectContaining({ name: 'KafkaError' }))
    }
  }
})

test('a batch that is cut off anywhere is CORRUPT_MESSAGE', () => {
  for (let length = 0; length < batch.length; length++) {
    const cut = batch.subarray(0, length)
    expect(() => validateBatch(cut)).toThrow(kafkaError('CORRUPT_MESSAGE'))
  }
})

test.each([
  [0, 'UNSUPPORTED_FOR_MESSAGE_FORMAT'],
  [1, 'UNSUPPORTED_FOR_MESSAGE_FORMAT'],
  [3, 'CORRUPT_MESSAGE'],
  [-1, 'CORRUPT_MESSAGE'],
] as const)('magic %i is %s', (magic, code) => {
  const other = Buffer.from(batch)
  other.writeInt8(magic, at.magic)
  expect(() => validateBatch(other)).toThrow(kafkaError(code))
  // As Kafka says it to a producer, which then does not try again.
  const told = magic === 0 || magic === 1 ? 'INVALID_RECORD' : code
  expect(() => validateProducedBatch(other)).toThrow(kafkaError(told))
})

test('a batch that a producer cut off anywhere is INVALID_RECORD', () => {
  for (let length = 0; length < batch.length; length++) {
    const cut = batch.subarray(0, length)
    expect(() => validateProducedBatch(cut)).toThrow(kafkaError('INVALID_RECORD'))
  }
})

test.each([-1, 0, 48])('a length of %i is CORRUPT_MESSAGE', (length) => {
  const other = Buffer.from(batch)
  other.writeInt32BE(length, at.batchLength)
  expect(() => validateBatch(other)).toThrow(kafkaError('CORRUPT_MESSAGE'))
})

test.each([5, 6, 7])('compression %i is UNSUPPORTED_COMPRESSION_TYPE', (id) => {
  const other = changed(batch, (copy) => copy.writeInt16BE(id, at.attributes))
  expect(() => validateBatch(other)).toThrow(kafkaError('UNSUPPORTED_COMPRESSION_TYPE'))
})

test('base offset and leader epoch are not covered by the CRC', () => {
  const placed = Buffer.from(batch)
  placed.writeBigInt64BE(123_456_789_012n, at.baseOffset)
  placed.writeInt32BE(77, at.partitionLeaderEpoch)
  expect(validateBatch(placed)).toBe(batch.length)
})

describe('INVALID_RECORD in any batch', () => {
  const invalid: [string, (copy: Buffer) => void][] = [
    ['a negative count', (copy) => copy.writeInt32BE(-1, at.recordsCount)],
    ['more records than offsets', (copy) => copy.writeInt32BE(4, at.recordsCount)],
    ['a negative last offset', (copy) => copy.writeInt32BE(-1, at.lastOffsetDelta)],
    [
      'more records than bytes',
      (copy) => {
        copy.writeInt32BE(0x7fffffff, at.recordsCount)
        copy.writeInt32BE(0x7ffffffe, at.lastOffsetDelta)
      },
    ],
    ['a negative base offset', (copy) => copy.writeBigInt64BE(-1n, at.baseOffset)],
    ['an unsafe base offset', (copy) => copy.writeBigInt64BE(2n ** 53n, at.baseOffset)],
    ['an unsafe last offset', (copy) => copy.writeBigInt64BE(2n ** 53n - 2n, at.baseOffset)],
    ['an unsafe base timestamp', (copy) => copy.writeBigInt64BE(2n ** 53n, at.baseTimestamp)],
    ['an unsafe max timestamp', (copy) => copy.writeBigInt64BE(-(2n ** 53n), at.maxTimestamp)],
    ['an unsafe producer id', (copy) => copy.writeBigInt64BE(2n ** 63n - 1n, at.producerId)],
  ]
  test.each(invalid)('%s', (_, change) => {
    expect(() => validateBatch(changed(batch, change))).toThrow(kafkaError('INVALID_RECORD'))
  })
})

describe('INVALID_RECORD from a producer, though fine in a log', () => {
  const attributes = (bits: number) =>
    changed(batch, (copy) => copy.writeInt16BE(bits, at.attributes))
  const invalid: [string, Uint8Array][] = [
    ['a base offset', producedBatch({ baseOffset: 1 })],
    ['a gap behind the last record', producedBatch({ lastOffsetDelta: 3 })],
    ['no records', buildBatch({ records: [], lastOffsetDelta: 2 })],
    ['a control batch', producedBatch({ isControl: true })],
    ['a delete horizon', producedBatch({ deleteHorizonMs: 5 })],
    ['an unused attribute', attributes(1 << 7)],
    ['the last unused attribute', attributes(-(1 << 15))],
    ['no sequence number', producedBatch({ baseSequence: -1 })],
    ['no producer epoch', producedBatch({ producerEpoch: -1 })],
    ['a transaction of nobody', producedBatch({ producerId: -1, isTransactional: true })],
    ['two batches', Buffer.concat([batch, batch])],
  ]
  test.each(invalid)('%s', (_, bytes) => {
    expect(validateBatch(bytes)).toBeLessThanOrEqual(bytes.length)
    expect(() => validateProducedBatch(bytes)).toThrow(kafkaError('INVALID_RECORD'))
  })

  test('no batch at all', () => {
    expect(() => validateProducedBatch(new Uint8Array(0))).toThrow(kafkaError('INVALID_RECORD'))
  })
})

test('LogAppendTime from a producer is INVALID_TIMESTAMP', () => {
  const bytes = producedBatch({ logAppendTimeMs: 5 })
  expect(() => validateProducedBatch(bytes)).toThrow(kafkaError('INVALID_TIMESTAMP'))
})
