import { expect, test } from 'vitest'
import { buildBatch } from '../../../../broker/protocol/records/build.ts'
import {
  buildEndTransactionMarker,
  readEndTransactionMarker,
} from '../../../../broker/protocol/records/control.ts'
import * as header from '../../../../broker/protocol/records/header.ts'
import { validateBatch } from '../../../../broker/protocol/records/validate.ts'
import { kafkaError, producedBatch } from './support.ts'

test.each(['abort', 'commit'] as const)('a marker says %s', (type) => {
  const producer = { producerId: 9_000_000_000, producerEpoch: 4 }
  const bytes = buildEndTransactionMarker({ type, coordinatorEpoch: 6, timestamp: 5, ...producer })
  expect(validateBatch(bytes)).toBe(bytes.length)
  expect(header.isControl(bytes, 0)).toBe(true)
  expect(header.isTransactional(bytes, 0)).toBe(true)
  expect(header.producerIdOf(bytes, 0)).toBe(9_000_000_000)
  expect(header.producerEpochOf(bytes, 0)).toBe(4)
  expect(readEndTransactionMarker(bytes)).toEqual({ type, coordinatorEpoch: 6 })
})

test('what is no marker is not read as one', () => {
  expect(readEndTransactionMarker(producedBatch())).toBeUndefined()
  expect(readEndTransactionMarker(control('00000002', '0000'))).toBeUndefined() // LEADER_CHANGE
  expect(
    readEndTransactionMarker(buildBatch({ records: [], isControl: true, lastOffsetDelta: 0 })),
  ).toBeUndefined()
})

test('markers of later versions are read by what they share with this one', () => {
  expect(readEndTransactionMarker(control('0001000199', '00010000000799'))).toEqual({
    type: 'commit',
    coordinatorEpoch: 7,
  })
})

test.each([
  ['no key', null, '000000000000'],
  ['a short key', '0000', '000000000000'],
  ['a negative version', 'ffff0001', '000000000000'],
  ['no value', '00000001', null],
  ['a short value', '00000001', '00000000'],
])('a marker with %s is INVALID_RECORD', (_, key, value) => {
  expect(() => readEndTransactionMarker(control(key, value))).toThrow(kafkaError('INVALID_RECORD'))
})

function control(key: string | null, value: string | null): Uint8Array {
  const hex = (text: string | null) => (text === null ? null : Buffer.from(text, 'hex'))
  const records = [{ timestamp: 5, key: hex(key), value: hex(value) }]
  return buildBatch({ records, isControl: true })
}
