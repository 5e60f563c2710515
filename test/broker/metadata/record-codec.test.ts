import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MetadataError } from '../../../broker/metadata/metadata-error.ts'
import { decodeRecord, encodeRecord } from '../../../broker/metadata/record-codec.ts'
import {
  kindOf,
  type MetadataRecord,
  metadataRecord,
  recordTypes,
} from '../../../broker/metadata/records.ts'
import { arbitraryMessage } from '../../support/arbitrary-message.ts'
import { mutations } from '../../support/mutate.ts'
import { uuid } from './support.ts'

const removal = metadataRecord('RemoveTopicRecord', { topicId: uuid(1) })

test.each(recordTypes)('a %s is read as it was written', (type) => {
  const { table, version } = kindOf(type)
  fc.assert(
    fc.property(arbitraryMessage(table, version), (fields) => {
      const record = metadataRecord(type, fields as never) as MetadataRecord
      expect(decodeRecord(encodeRecord(record))).toEqual(record)
    }),
    { seed: 1, numRuns: 60 },
  )
})

test('the frame is that of Kafka: frame version, type and version before the message', () => {
  const bytes = encodeRecord(removal)
  expect([...bytes.subarray(0, 3)]).toEqual([1, 9, 0])
  expect(Buffer.from(bytes.subarray(3, 19)).toString('base64url')).toBe(uuid(1))
})

test('what is left out is what a reader sees where nothing is said', () => {
  const change = metadataRecord('PartitionChangeRecord', { partitionId: 1, topicId: uuid(1) })
  expect(change).toMatchObject({ leader: -2, isr: null, leaderRecoveryState: -1 })
  expect(decodeRecord(encodeRecord(change))).toEqual(change)
})

describe('the reader stops', () => {
  test.each([
    ['at a record type of a newer version', [1, 99, 0], 'UnknownRecord', /record type 99/],
    [
      'at a version of a record that is newer',
      [1, 9, 1],
      'UnknownRecord',
      /RemoveTopicRecord vers/,
    ],
    [
      'at a registration with cordoned directories',
      [1, 0, 4],
      'UnknownRecord',
      /version 4, only 0/,
    ],
    ['at another frame', [2, 9, 0], 'UnknownRecord', /frame version 2/],
    ['at bytes that end in the frame', [1, 0x80], 'Malformed', /three numbers/],
    ['at a message that is cut off', [1, 9, 0, 0], 'Malformed', /RemoveTopicRecord v0/],
  ] as const)('%s', (_, bytes, problem, message) => {
    expect(() => decodeRecord(Uint8Array.from(bytes))).toThrow(
      expect.objectContaining({ problem, message: expect.stringMatching(message) }),
    )
  })

  test('at bytes behind the message, which a newer version may have put there', () => {
    const bytes = Buffer.concat([encodeRecord(removal), Buffer.from([0])])
    expect(() => decodeRecord(bytes)).toThrow('1 bytes follow a RemoveTopicRecord')
  })

  test('at a record without a value', () => {
    expect(() => decodeRecord(null)).toThrow('without a value')
  })

  test('with a typed error, whatever the bytes', () => {
    const record = metadataRecord('PartitionChangeRecord', { topicId: uuid(1), isr: [1, 2] })
    for (const bytes of mutations(encodeRecord(record), { count: 5_000, seed: 7 })) {
      try {
        decodeRecord(bytes)
      } catch (error) {
        expect(error).toBeInstanceOf(MetadataError)
      }
    }
  })
})
