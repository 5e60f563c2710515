import { expect, test } from 'vitest'
import { linesOf } from '../../../cli/consume/record-text.ts'

const nothing = { timestamp: false, partition: false, offset: false, headers: false, key: false }
const separator = Buffer.from('|')
const record = {
  offset: 5,
  timestamp: 1_000,
  timestampType: 'CreateTime',
  key: Buffer.from('k'),
  value: Buffer.from([0xff, 0x00]),
  headers: [
    { key: Buffer.from('a'), value: Buffer.from('1') },
    { key: Buffer.from('b'), value: null },
  ],
} as const

test('a value is printed as the bytes that it is', () => {
  expect(linesOf(0, [record], { ...nothing, separator })).toEqual(Buffer.from([0xff, 0x00, 0x0a]))
})

test('what else is wanted stands before it, in the words of kafka-console-consumer', () => {
  const all = { timestamp: true, partition: true, offset: true, headers: true, key: true }
  const bare = { ...record, timestamp: -1, key: null, value: null, headers: [] }

  expect(Buffer.from(linesOf(2, [record, bare], { ...all, separator })).toString('latin1')).toBe(
    'CreateTime:1000|Partition:2|Offset:5|a:1,b:null|k|\xff\x00\n' +
      'NO_TIMESTAMP|Partition:2|Offset:5|NO_HEADERS|null|null\n',
  )
})
