import { type FixtureRecord, type GeneratedRecords, toBase64 } from './batch-fixtures.ts'

const timestamp = 1_700_000_000_000

/** Few records with everything that a record may have or lack. */
export const smallRecords: FixtureRecord[] = [
  record({ key: 'k0', value: 'v0' }),
  record({ value: 'no key', at: 250 }),
  record({ key: 'earlier than the first', value: 'v2', at: -70_000 }),
  record({ key: 'no value', at: 5 }),
  record({ key: '', value: '', at: 6 }),
  record({
    key: '\u043a\u043b\u044e\u0447',
    value: 'v5',
    at: 7_000_000_000,
    headers: [
      ['h', toBase64(Buffer.from('one'))],
      ['h', toBase64(Buffer.from('the same key again'))],
      ['null', null],
      ['empty', ''],
      ['schl\u00fcssel-\u{1f511}', toBase64(Buffer.from([0, 255, 128]))],
    ],
  }),
  record({ key: 'a length of two bytes', value: 'x'.repeat(200), at: 8 }),
].map((own, offset) => ({ ...own, offset }))

/** About 100 KB before compression: several blocks of snappy in Java's framing and of lz4. */
export const largeRecords: GeneratedRecords = {
  generator: 'record-i',
  count: 900,
  baseTimestamp: timestamp,
}

function record({
  key = null,
  value = null,
  at = 0,
  headers = [],
}: {
  key?: string | null
  value?: string | null
  at?: number
  headers?: FixtureRecord['headers']
}): FixtureRecord {
  const bytes = (text: string | null) => toBase64(text === null ? null : Buffer.from(text))
  return { offset: 0, timestamp: timestamp + at, key: bytes(key), value: bytes(value), headers }
}
