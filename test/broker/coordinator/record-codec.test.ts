import { describe, expect, test } from 'vitest'
import {
  decodeCoordinatorRecord,
  encodeCoordinatorRecord,
} from '../../../broker/coordinator/record-codec.ts'
import type { CoordinatorRecord } from '../../../broker/coordinator/records.ts'
import { ProtocolError } from '../../../broker/protocol/protocol-error.ts'
import { whyNoKafka } from '../../../scripts/kafka/jars.ts'
import { runProgram } from '../../clients/java.ts'
import { uuid } from '../metadata/support.ts'

const topicId = uuid(7)
const offset = { type: 'OffsetCommit', group: 'the-group', topic: 'orders', partition: 3 } as const
const group = { type: 'GroupMetadata', group: 'the-group' } as const
const value = { offset: 42, leaderEpoch: 7, metadata: 'note', commitTimestamp: 1_700_000_000_000 }

/** What GroupRecords.java makes of Kafka's own classes, in its order. */
const records: CoordinatorRecord[] = [
  { ...offset, value: { ...value, topicId } },
  { ...offset, value: { offset: 5_000_000_000, metadata: '', commitTimestamp: 1 } },
  { ...offset, value: { ...value, topicId, expireTimestamp: 1_800_000_000_000 } },
  { ...offset, value: null },
  {
    ...group,
    value: {
      protocolType: 'consumer',
      generation: 9,
      protocol: 'range',
      leader: 'm-1',
      currentStateTimestamp: 1_700_000_000_000,
      members: [
        {
          memberId: 'm-1',
          groupInstanceId: 'i-1',
          clientId: 'c',
          clientHost: '/127.0.0.1',
          rebalanceTimeout: 60_000,
          sessionTimeout: 45_000,
          subscription: Uint8Array.of(1, 2),
          assignment: Uint8Array.of(3),
        },
      ],
    },
  },
  { ...group, value: null },
]

const missing = whyNoKafka()
describe.skipIf(missing !== undefined)(missing ?? "Kafka's own coordinator", () => {
  test('writes the same bytes', { timeout: 180_000 }, async () => {
    const theirs = await runProgram('GroupRecords.java', [topicId])
    expect(records.map((record) => hexOf(record))).toEqual(theirs)
  })
})

test('a record is read as it was written', () => {
  for (const record of records) {
    const read = decodeCoordinatorRecord(encodeCoordinatorRecord(record))
    expect(read).toMatchObject(withoutTopicIdOfVersion1(record))
  }
})

test('a record that older Kafkas wrote is read', () => {
  const key = Buffer.from('0000000167000174' + '00000002', 'hex')
  const value = Buffer.from('0000' + '0000000000000005' + '00016d' + '0000000000000009', 'hex')
  expect(decodeCoordinatorRecord({ key, value })).toMatchObject({
    type: 'OffsetCommit',
    group: 'g',
    topic: 't',
    partition: 2,
    value: { offset: 5, leaderEpoch: -1, metadata: 'm', commitTimestamp: 9, expireTimestamp: -1 },
  })
})

test('a key of a kind that is not known says which', () => {
  expect(decodeCoordinatorRecord({ key: Buffer.from('0003000167', 'hex'), value: null })).toBe(3)
})

test.each([
  ['', null],
  ['00', null],
  ['0001', null],
  ['0002000167', '0009'],
  ['0002000167', '0003'],
])('key %s with value %s is no record', (key, value) => {
  const bytes = value === null ? null : Buffer.from(value, 'hex')
  const read = () => decodeCoordinatorRecord({ key: Buffer.from(key, 'hex'), value: bytes })
  expect(read).toThrow(ProtocolError)
})

test('what a group keeps is no view on the log', () => {
  const { key, value } = encodeCoordinatorRecord(records[4] as CoordinatorRecord)
  const read = decodeCoordinatorRecord({ key, value })
  value?.fill(0)
  expect(read).toMatchObject(records[4] as CoordinatorRecord)
})

function hexOf(record: CoordinatorRecord): string {
  const { key, value } = encodeCoordinatorRecord(record)
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
  return `${hex(key)} ${value === null ? '-' : hex(value)}`
}

function withoutTopicIdOfVersion1(record: CoordinatorRecord): CoordinatorRecord {
  if (record.type !== 'OffsetCommit' || record.value?.expireTimestamp === undefined) return record
  const { topicId: _, leaderEpoch: __, ...rest } = record.value
  return { ...record, value: rest }
}
