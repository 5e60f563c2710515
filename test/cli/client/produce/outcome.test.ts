import { expect, test } from 'vitest'
import { errorCodes } from '../../../../broker/protocol/generated/error-codes.ts'
import { outcomeOf } from '../../../../cli/client/produce/outcome.ts'

test.each([
  ['NONE', 'delivered'],
  ['DUPLICATE_SEQUENCE_NUMBER', 'delivered'],
  ['MESSAGE_TOO_LARGE', 'too-large'],
  ['RECORD_LIST_TOO_LARGE', 'too-large'],
  ['NOT_LEADER_OR_FOLLOWER', 'again'],
  ['UNKNOWN_TOPIC_OR_PARTITION', 'again'],
  ['LEADER_NOT_AVAILABLE', 'again'],
  ['REQUEST_TIMED_OUT', 'again'],
  ['NOT_ENOUGH_REPLICAS', 'again'],
  ['INVALID_RECORD', 'failed'],
  ['OUT_OF_ORDER_SEQUENCE_NUMBER', 'failed'],
  ['TOPIC_AUTHORIZATION_FAILED', 'failed'],
] as const)('what follows from %s: %s', (code, type) => {
  const answer = { errorCode: errorCodes[code], errorMessage: null }

  expect(outcomeOf(answer, 'orders').type).toBe(type)
})

test('an error says where, its name, and what the broker says of it', () => {
  const answer = { errorCode: errorCodes.INVALID_RECORD, errorMessage: 'no key' }
  const error = { message: 'partition 0: INVALID_RECORD (no key)' }

  expect(outcomeOf(answer, 'partition 0')).toMatchObject({ type: 'failed', error })
})

test('a code of a later Kafka has its number', () => {
  const error = { message: 'partition 0: error 9999' }

  expect(outcomeOf({ errorCode: 9999, errorMessage: null }, 'partition 0')).toMatchObject({ error })
})
