import { expect, test } from 'vitest'
import { errorCodes } from '../../../../broker/protocol/generated/error-codes.ts'
import {
  type GroupEvent,
  type Membership,
  newMembership,
  nextMembership,
} from '../../../../cli/client/group/membership.ts'

const new_ = newMembership('audit')
const member = { ...new_, memberId: 'm-1', generationId: 7 }
const joining: Membership = { ...member, next: 'join' }
const staying: Membership = { ...member, next: 'stay' }

test('a new member finds its coordinator, takes the id that it gets, joins, syncs and stays', () => {
  const events: GroupEvent[] = [
    { type: 'found' },
    { type: 'refused', code: errorCodes.MEMBER_ID_REQUIRED, memberId: 'm-1' },
    { type: 'joined', memberId: 'm-1', generationId: 1 },
    { type: 'synced' },
    { type: 'stayed' },
  ]
  const passed = [new_]
  for (const event of events) passed.push(nextMembership(passed.at(-1) as Membership, event))

  expect(passed.map(({ next }) => next)).toEqual(['find', 'join', 'join', 'sync', 'stay', 'stay'])
  expect(passed[2]).toMatchObject({ memberId: 'm-1', generationId: -1 })
  expect(passed.at(-1)).toMatchObject({ memberId: 'm-1', generationId: 1, failures: 0 })
})

test.each([
  ['REBALANCE_IN_PROGRESS', { memberId: 'm-1', generationId: 7, next: 'join' }],
  ['ILLEGAL_GENERATION', { memberId: 'm-1', generationId: -1, next: 'join' }],
  ['UNKNOWN_MEMBER_ID', { memberId: '', generationId: -1, next: 'join' }],
  ['NOT_COORDINATOR', { memberId: 'm-1', generationId: 7, next: 'find' }],
  ['COORDINATOR_NOT_AVAILABLE', { memberId: 'm-1', generationId: 7, next: 'find' }],
  ['COORDINATOR_LOAD_IN_PROGRESS', { memberId: 'm-1', generationId: 7, next: 'stay' }],
] as const)('a heartbeat that is answered %s', (name, next) => {
  const event = { type: 'refused', code: errorCodes[name] } as const

  expect(nextMembership(staying, event)).toMatchObject(next)
})

test('nobody stops reading because the connection is lost, or the coordinator moves', () => {
  const lost = nextMembership(staying, { type: 'lost', why: 'closed' })
  expect(lost).toMatchObject({ next: 'find', generationId: 7, failures: 1, trouble: 'closed' })

  expect(nextMembership(lost, { type: 'found' })).toMatchObject({ next: 'stay', generationId: 7 })
})

test('who loses the connection while it joins, joins again under its id', () => {
  const lost = nextMembership(joining, { type: 'lost', why: 'closed' })
  const found = nextMembership(lost, { type: 'found' })

  expect(found).toMatchObject({ next: 'join', memberId: 'm-1', generationId: -1 })
})

test.each([
  ['INCONSISTENT_GROUP_PROTOCOL', "group 'audit' does not share partitions by range"],
  ['GROUP_AUTHORIZATION_FAILED', "group 'audit': GROUP_AUTHORIZATION_FAILED"],
  ['INVALID_GROUP_ID', "group 'audit': INVALID_GROUP_ID"],
  ['GROUP_MAX_SIZE_REACHED', "group 'audit': GROUP_MAX_SIZE_REACHED"],
] as const)('%s is the end, in one line', (name, line) => {
  const event = { type: 'refused', code: errorCodes[name] } as const

  expect(() => nextMembership(joining, event)).toThrow(line)
})
