import { expect, test } from 'vitest'
import { CoordinatorState } from '../../../../broker/coordinator/coordinator-state.ts'
import { commitOffsets } from '../../../../broker/coordinator/offsets/commit-offsets.ts'
import {
  deleteGroup,
  deleteOffsets,
} from '../../../../broker/coordinator/offsets/delete-offsets.ts'
import { KafkaError } from '../../../../broker/protocol/errors.ts'
import { errorCodes } from '../../../../broker/protocol/generated/error-codes.ts'
import { type Membership, offsetRecord, StandInMembership } from '../support.ts'

const { NONE, GROUP_SUBSCRIBED_TO_TOPIC } = errorCodes

/** A group `g` with an offset in each of two topics. */
function stateWith(membership?: Membership): CoordinatorState {
  const groups = new Map(membership === undefined ? [] : [['g', membership]])
  const state = new CoordinatorState(new StandInMembership({ run() {} }, groups))
  for (const topic of ['orders', 'carts']) state.replay(offsetRecord('g', 1, { topic }))
  return state
}

const both = [
  { topic: 'orders', partition: 0 },
  { topic: 'carts', partition: 0 },
]
const tombstone = (topic: string) => {
  return { type: 'OffsetCommit', group: 'g', topic, partition: 0, value: null }
}
const codeOf = (act: () => unknown) => {
  try {
    act()
  } catch (error) {
    return (error as KafkaError).code
  }
  return 'NONE'
}

test('a group of consumers keeps the offsets of topics that it subscribes to', () => {
  const state = stateWith({ state: 'Stable', protocolType: 'consumer', subscribed: ['orders'] })
  const { records, response } = deleteOffsets(state, 'g', both)
  expect(response).toEqual([GROUP_SUBSCRIBED_TO_TOPIC, NONE])
  expect(records).toEqual([tombstone('carts')])
})

test('what was not committed counts as taken away', () => {
  const state = stateWith({ state: 'Empty', protocolType: 'consumer' })
  const { records, response } = deleteOffsets(state, 'g', [{ topic: 'orders', partition: 9 }])
  expect([records, response]).toEqual([[], [NONE]])
})

test.each(['Stable', 'PreparingRebalance', 'CompletingRebalance'] as const)(
  'a group that is %s keeps all if it is none of consumers, and is not deleted',
  (state) => {
    const others = stateWith({ state, protocolType: 'connect' })
    expect(codeOf(() => deleteOffsets(others, 'g', both))).toBe('NON_EMPTY_GROUP')
    const consumers = stateWith({ state, protocolType: 'consumer' })
    expect(codeOf(() => deleteOffsets(consumers, 'g', both))).toBe('NONE')
    for (const own of [others, consumers]) {
      expect(codeOf(() => deleteGroup(own, 'g'))).toBe('NON_EMPTY_GROUP')
    }
  },
)

test('a group that is dead, or that nobody knows, is not there', () => {
  for (const act of [deleteGroup, (own: CoordinatorState) => deleteOffsets(own, 'x', both)]) {
    expect(codeOf(() => act(stateWith(), 'x'))).toBe('GROUP_ID_NOT_FOUND')
  }
  const dead = stateWith({ state: 'Dead' })
  expect(codeOf(() => deleteGroup(dead, 'g'))).toBe('GROUP_ID_NOT_FOUND')
})

test('an empty group is deleted with all its offsets', () => {
  const state = stateWith({ state: 'Empty', protocolType: 'consumer' })
  const { records } = deleteGroup(state, 'g')
  expect(records).toEqual([
    tombstone('orders'),
    tombstone('carts'),
    { type: 'GroupMetadata', group: 'g', value: null },
  ])
  for (const record of records) state.replay(record)
  expect(state.offsets.count).toBe(0)
  expect(state.offsets.has('g')).toBe(false)
})

test('who may not commit keeps nothing', () => {
  const refusal = new KafkaError('REBALANCE_IN_PROGRESS', 'it rebalances')
  const state = stateWith({ state: 'CompletingRebalance', refusal })
  const own = {
    topic: 'orders',
    topicId: '',
    partition: 0,
    offset: 5,
    leaderEpoch: -1,
    metadata: '',
  }
  const member = { memberId: 'm', groupInstanceId: null, generationId: 3 }
  const commit = { group: 'g', member, offsets: [own], retentionMs: -1, version: 9 }
  const limits = { nowMs: 1, maxMetadataBytes: 4_096 }
  expect(codeOf(() => commitOffsets(state, commit, limits))).toBe('REBALANCE_IN_PROGRESS')
})
