import { expect, test } from 'vitest'
import { assignRange, type Subscriber } from '../../../../cli/client/group/assign-range.ts'
import {
  assignmentOf,
  partitionsOf,
  subscriptionTo,
  topicsOf,
} from '../../../../cli/client/group/consumer-protocol.ts'

test('partitions are shared in ranges; the first members have one more where it does not divide', () => {
  expect(shared(['a', 'b', 'c'].map(reader), { orders: 8 })).toEqual({
    a: { orders: [0, 1, 2] },
    b: { orders: [3, 4, 5] },
    c: { orders: [6, 7] },
  })
})

test('of fewer partitions than members, the last members have none, and a place all the same', () => {
  expect(shared(['b', 'a'].map(reader), { orders: 1 })).toEqual({ a: { orders: [0] }, b: {} })
})

test('each topic is shared among those that read it; one that is not there among nobody', () => {
  const both = { ...reader('a'), topics: ['orders', 'payments', 'none'] }

  expect(shared([both, reader('b')], { orders: 2, payments: 2 })).toEqual({
    a: { orders: [0], payments: [0, 1] },
    b: { orders: [1] },
  })
})

test('static members come first, in the order of their instance ids', () => {
  const second = { ...reader('y'), groupInstanceId: '2' }
  const first = { ...reader('z'), groupInstanceId: '1' }

  expect(shared([reader('a'), second, first], { orders: 3 })).toEqual({
    z: { orders: [0] },
    y: { orders: [1] },
    a: { orders: [2] },
  })
})

test('members understand what they tell each other, in this version and newer ones', () => {
  const newer = Buffer.concat([Buffer.from([0, 3]), subscriptionTo(['a', 'b']).subarray(2), rest])
  expect(topicsOf(newer)).toEqual(['a', 'b'])

  const assignment = assignmentOf([
    { topic: 'a', partitions: [1, 2] },
    { topic: 'b', partitions: [3] },
  ])
  expect(partitionsOf(assignment, 'a')).toEqual([1, 2])
  expect(partitionsOf(assignment, 'c')).toEqual([])
  expect(partitionsOf(Buffer.alloc(0), 'a')).toEqual([])
})

test('a subscription in other words is to nothing, an assignment in other words is an error', () => {
  expect(topicsOf(Buffer.from('x'))).toEqual([])
  expect(() => partitionsOf(Buffer.from('x'), 'a')).toThrow('in other words')
})

const rest = Buffer.from('more')

function reader(memberId: string): Subscriber {
  return { memberId, groupInstanceId: null, topics: ['orders'] }
}

function shared(subscribers: readonly Subscriber[], counts: Record<string, number>) {
  const assigned = assignRange(subscribers, new Map(Object.entries(counts)))
  const byTopic = [...assigned].map(([memberId, given]) => {
    return [memberId, Object.fromEntries(given.map(({ topic, partitions }) => [topic, partitions]))]
  })
  return Object.fromEntries(byTopic)
}
