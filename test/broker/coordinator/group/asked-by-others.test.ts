import { describe, expect, test } from 'vitest'
import type { ClassicGroups } from '../../../../broker/coordinator/group/classic-groups.ts'
import { encode } from '../../../../broker/protocol/codec/codec.ts'
import { ConsumerProtocolSubscription } from '../../../../broker/protocol/generated/groups.ts'
import { toBytes } from '../../../support/parts.ts'
import { type GroupRecord, Shard } from './shard.ts'

const groupId = 'g'

describe('committing offsets', () => {
  const member = { memberId: 'm-1', groupInstanceId: null, generationId: 4 }
  const nobody = { memberId: '', groupInstanceId: null, generationId: -1 }

  test('is for members of the generation', () => {
    const groups = loaded()
    expect(refusalOf(groups, member)).toBeUndefined()
    expect(refusalOf(groups, { ...member, generationId: 3 })).toBe('ILLEGAL_GENERATION')
    expect(refusalOf(groups, { ...member, generationId: -1 })).toBe('ILLEGAL_GENERATION')
    expect(refusalOf(groups, { ...member, memberId: 'm-2' })).toBe('UNKNOWN_MEMBER_ID')
    expect(refusalOf(groups, nobody)).toBe('UNKNOWN_MEMBER_ID')
  })

  test('is for who has the name of a static member now', () => {
    const groups = loaded({ groupInstanceId: 'i' })
    expect(refusalOf(groups, { ...member, groupInstanceId: 'i' })).toBeUndefined()
    expect(refusalOf(groups, { ...member, groupInstanceId: 'i', memberId: 'm-0' })).toBe(
      'FENCED_INSTANCE_ID',
    )
    expect(refusalOf(groups, { ...member, groupInstanceId: 'j' })).toBe('UNKNOWN_MEMBER_ID')
  })

  test('is for anybody where nobody is a member, but for no generation', () => {
    const empty = replayed({ ...value, members: [] })
    expect(refusalOf(empty, nobody)).toBeUndefined()
    expect(refusalOf(empty, member)).toBe('UNKNOWN_MEMBER_ID')
    expect(refusalOf(new Shard().groups, nobody)).toBeUndefined()
    expect(refusalOf(new Shard().groups, member)).toBe('ILLEGAL_GENERATION')
  })
})

describe('topics', () => {
  test('that members of a group of consumers subscribe to are known', () => {
    const groups = loaded({ subscription: subscriptionTo('orders', 'bills') })
    expect(groups.isSubscribed(groupId, 'orders')).toBe(true)
    expect(groups.isSubscribed(groupId, 'bills')).toBe(true)
    expect(groups.isSubscribed(groupId, 'letters')).toBe(false)
  })

  test('may all be, where a subscription cannot be read', () => {
    expect(loaded({ subscription: Buffer.from('x') }).isSubscribed(groupId, 'orders')).toBe(true)
  })

  test('of newer subscriptions are found, too', () => {
    const subscription = toBytes(encode(ConsumerProtocolSubscription, 3, { topics: ['orders'] }))
    const newer = Buffer.concat([Buffer.from([0, 3]), subscription, Buffer.from('more')])
    expect(loaded({ subscription: newer }).isSubscribed(groupId, 'orders')).toBe(true)
  })

  test('are none of a group that shares out something else, is empty, or is not there', () => {
    const connect = replayed({ ...value, protocolType: 'connect' })
    const empty = replayed({ ...value, members: [] })
    for (const groups of [connect, empty, new Shard().groups]) {
      expect(groups.isSubscribed(groupId, 'orders')).toBe(false)
    }
  })
})

test('the state of a group and its type are told, and since when it is empty', () => {
  const stable = loaded()
  expect([stable.stateOf(groupId), stable.protocolType(groupId)]).toEqual(['Stable', 'consumer'])
  expect(stable.emptySinceMs(groupId)).toBeNull()
  const empty = replayed({ ...value, members: [] })
  expect([empty.stateOf(groupId), empty.protocolType(groupId)]).toEqual(['Empty', 'consumer'])
  expect(empty.emptySinceMs(groupId)).toBe(1_700_000_000_000)
  const { currentStateTimestamp: _, ...old } = value
  expect(replayed({ ...old, members: [] }).emptySinceMs(groupId)).toBeNull()
  const none = new Shard().groups
  expect([none.stateOf(groupId), none.protocolType(groupId)]).toEqual(['Unknown', null])
  expect(none.emptySinceMs(groupId)).toBeNull()
})

test('only a group that nobody is in is taken away', () => {
  expect(loaded().remove(groupId)).toEqual([])
  expect(new Shard().groups.remove(groupId)).toEqual([])
  const tombstone = { type: 'GroupMetadata', group: groupId, value: null }
  expect(replayed({ ...value, members: [] }).remove(groupId)).toEqual([tombstone])
})

test('a group that is deleted is not there, before a restart and after', () => {
  const shard = new Shard()
  shard.log.push(recordOf(value), { type: 'GroupMetadata', group: groupId, value: null })
  shard.crash()
  expect(shard.groups.stateOf(groupId)).toBe('Unknown')
})

type Value = NonNullable<GroupRecord['value']>

const value: Value = {
  protocolType: 'consumer',
  generation: 4,
  protocol: 'range',
  leader: 'm-1',
  currentStateTimestamp: 1_700_000_000_000,
  members: [memberOf({})],
}

function memberOf(own: Partial<Value['members'][number]>): Value['members'][number] {
  return {
    memberId: 'm-1',
    clientId: 'm',
    clientHost: '/10.0.0.1',
    rebalanceTimeout: 60_000,
    sessionTimeout: 10_000,
    subscription: subscriptionTo('orders'),
    assignment: Buffer.from('p0'),
    ...own,
  }
}

function subscriptionTo(...topics: string[]): Buffer {
  const subscription = encode(ConsumerProtocolSubscription, 0, { topics })
  return Buffer.concat([Buffer.from([0, 0]), toBytes(subscription)])
}

function loaded(own: Partial<Value['members'][number]> = {}): ClassicGroups {
  return replayed({ ...value, members: [memberOf(own)] })
}

function replayed(own: Value): ClassicGroups {
  const shard = new Shard()
  shard.log.push(recordOf(own))
  shard.crash()
  return shard.groups
}

function recordOf(own: Value): GroupRecord {
  return { type: 'GroupMetadata', group: groupId, value: own }
}

function refusalOf(groups: ClassicGroups, committer: Parameters<ClassicGroups['checkCommit']>[1]) {
  try {
    groups.checkCommit(groupId, committer)
    return undefined
  } catch (error) {
    return (error as { code: string }).code
  }
}
