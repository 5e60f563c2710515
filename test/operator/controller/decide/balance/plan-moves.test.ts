import { expect, test } from 'vitest'
import type { Plan } from '../../../../../operator/controller/decide/balance/plan.ts'
import { planMoves } from '../../../../../operator/controller/decide/balance/plan-moves.ts'
import { uuid } from '../../../../broker/metadata/support.ts'
import {
  brokers,
  imageOf,
  loadsIn,
  members,
  placesAfter,
  planFor,
  type Spot,
  spots,
} from './support.ts'

/** `t-0: 1,2 -> 3,2 Leaving` */
function lines({ moves, stays }: Plan): string[] {
  return [
    ...moves.map((m) => `${m.name}-${m.partition}: ${m.from} -> ${m.to} ${m.why}`),
    ...stays.map((s) => `${s.name}-${s.partition}: ${s.replicas} ${s.why}`),
  ]
}

test('a move says of which partition it is, and what it was before', () => {
  const { moves } = planFor(brokers(1, 2), spots('t7', [1], [1]))
  const which = { topicId: uuid(10_007), name: 't7', partition: 0 }
  expect(moves).toEqual([{ ...which, from: [1], to: [2], why: 'Balance' }])
})

test('nothing is moved where all have as much as each other', () => {
  expect(lines(planFor(brokers(1, 2, 3), spots('t', [1, 2], [2, 3], [3, 1])))).toEqual([])
  expect(lines(planFor(brokers(1, 2), spots('t', [1], [2], [1])))).toEqual([])
  expect(lines(planFor([], []))).toEqual([])
})

test('what is on a broker that leaves goes to whoever has the fewest, in its place', () => {
  const cluster = members({ 1: null, 2: null, 3: null, 4: null }, { 2: 'leaving' })
  const plan = planFor(cluster, spots('t', [1, 2], [3, 1], [2, 3]))
  expect(lines(plan)).toEqual(['t-0: 1,2 -> 1,4 Leaving', 't-2: 2,3 -> 4,3 Leaving'])
})

test('a broker that is not registered any more has left', () => {
  const plan = planFor(brokers(1, 2), spots('t', [1], [9]))
  expect(lines(plan)).toEqual(['t-1: 9 -> 2 Leaving'])
})

test('what leaves a broker stays in as many racks as there are', () => {
  const racks = { 1: 'a', 2: 'b', 3: 'a', 4: 'b' }
  const plan = planFor(members(racks, { 2: 'leaving' }), spots('t', [1, 2], [4, 3]))
  expect(lines(plan)).toEqual(['t-0: 1,2 -> 1,4 Leaving'])
})

test('replicas that share a rack are put apart, and no more is moved than that takes', () => {
  const racks = { 1: 'a', 2: 'a', 3: 'b', 4: 'b' }
  const plan = planFor(members(racks), spots('t', [1, 2], [3, 4]))
  expect(lines(plan)).toEqual(['t-0: 1,2 -> 1,3 Racks', 't-1: 3,4 -> 2,4 Racks'])
})

test('four replicas in two racks are two in each', () => {
  const racks = { 1: 'a', 2: 'a', 3: 'a', 4: 'b', 5: 'b' }
  const plan = planFor(members(racks), spots('t', [1, 2, 3, 4]))
  expect(lines(plan)).toEqual(['t-0: 1,2,3,4 -> 1,2,5,4 Racks'])
})

test('brokers whose rack is not known are in one rack together', () => {
  const plan = planFor(members({ 1: null, 2: null, 3: 'a' }), spots('t', [1, 2]))
  expect(lines(plan)).toEqual(['t-0: 1,2 -> 1,3 Racks'])
})

test('a new broker is given its share, of each topic some', () => {
  const two = [...spots('t1', [1], [2], [1], [2], [1], [2]), ...spots('t2', [1], [2], [1], [2])]
  const plan = planFor(brokers(1, 2, 3), two)
  expect(new Set(plan.moves.map(({ name }) => name))).toEqual(new Set(['t1', 't2']))
  expect(plan.summary).toMatchObject({ replicasMoved: 3, leadersChanged: 3 })
})

test('what leaves goes where its topic has the fewest, if that is as good otherwise', () => {
  const cluster = members({ 1: null, 2: null, 3: null }, { 3: 'leaving' })
  const plan = planFor(cluster, [...spots('a', [1], [3]), ...spots('b', [2], [3])])
  expect(lines(plan)).toEqual(['a-1: 3 -> 2 Leaving', 'b-1: 3 -> 1 Leaving'])
})

test('new brokers are given leaders of all topics', () => {
  const turns = [0, 1, 2, 3, 4, 5].flatMap(() => [
    [1, 2, 3],
    [2, 3, 1],
    [3, 1, 2],
  ])
  const partitions = [...spots('t1', ...turns), ...spots('t2', ...turns)]
  const plan = planFor(brokers(1, 2, 3, 4, 5, 6), partitions)
  const leaders = placesAfter(partitions, plan).map(([leader = -1]) => [leader])
  expect(loadsIn(leaders.slice(0, turns.length), [1, 2, 3, 4, 5, 6])).toEqual([3, 3, 3, 3, 3, 3])
  expect(loadsIn(leaders.slice(turns.length), [1, 2, 3, 4, 5, 6])).toEqual([3, 3, 3, 3, 3, 3])
})

test('leaders are evened out by the order of replicas alone', () => {
  const plan = planFor(brokers(1, 2, 3), spots('t', [1, 2, 3], [1, 2, 3], [1, 2, 3]))
  expect(lines(plan)).toEqual(['t-0: 1,2,3 -> 2,1,3 Leaders', 't-2: 1,2,3 -> 3,1,2 Leaders'])
  expect(plan.summary).toMatchObject({ replicasMoved: 0, leadersChanged: 2 })
})

test('where racks forbid to give to a new broker, others hand on', () => {
  // All that broker 1 has is in the rack of broker 4 already; what 2 and 5 have is not.
  const racks = { 1: 'a', 2: 'b', 3: 'c', 4: 'c', 5: 'a' }
  const partitions = spots('t', [1, 3], [1, 3], [1, 3], [2, 5], [2, 5])
  const { summary } = planFor(members(racks), partitions)
  expect(summary.brokers.map(({ replicas }) => replicas.after)).toEqual([2, 2, 2, 2, 2])
  expect(summary.replicasMoved).toBe(3)
})

test('a partition with more replicas than brokers that stay is left where it is', () => {
  const cluster = members({ 1: null, 2: null, 3: null }, { 3: 'leaving' })
  const plan = planFor(cluster, [...spots('t', [3, 1, 2]), ...spots('u', [3])])
  expect(lines(plan)).toEqual(['u-0: 3 -> 1 Leaving', 't-0: 3,1,2 TooFewBrokers'])
})

test('nothing comes to a broker that is fenced, and nothing goes from it', () => {
  const cluster = members({ 1: null, 2: null, 3: null, 4: null }, { 2: 'fenced', 3: 'fenced' })
  const plan = planFor(cluster, spots('t', [2], [2], [2], [1], [1]))
  expect(lines(plan)).toEqual(['t-4: 1 -> 4 Balance'])
})

test('a fenced broker counts as in its rack', () => {
  const racks = { 1: 'a', 2: 'b', 3: 'a', 4: 'b' }
  const cluster = members(racks, { 1: 'fenced', 4: 'leaving' })
  expect(lines(planFor(cluster, spots('t', [4, 1])))).toEqual(['t-0: 4,1 -> 2,1 Leaving'])
})

test('a partition that moves already counts where it will be, and is not sent elsewhere', () => {
  const moving: Spot = { topic: 'm', replicas: [1], target: [2] }
  const plan = planFor(brokers(1, 2), [moving, ...spots('t', [1], [1])])
  expect(lines(plan)).toEqual([])
  expect(plan.summary.brokers.map(({ replicas }) => replicas.before)).toEqual([2, 1])
})

test('one that moves to a broker that leaves is told of, and stays on its way', () => {
  const cluster = members({ 1: null, 2: null }, { 2: 'leaving' })
  const plan = planFor(cluster, [{ topic: 'm', replicas: [1], target: [2] }])
  expect(lines(plan)).toEqual(['m-0: 2 Moving'])
})

test('what nobody leads cannot be copied, and stays', () => {
  const cluster = members({ 1: null, 2: null }, { 2: 'leaving' })
  const plan = planFor(cluster, [{ topic: 'd', replicas: [2], isDead: true }])
  expect(lines(plan)).toEqual(['d-0: 2 NoLeader'])
})

test('the most urgent comes first', () => {
  const racks = { 1: 'a', 2: 'a', 3: 'b', 4: 'b', 5: 'b' }
  const cluster = members(racks, { 5: 'leaving' })
  const partitions = [...spots('a', [1], [1], [1], [1]), ...spots('b', [1, 2]), ...spots('c', [5])]
  const whys = planFor(cluster, partitions).moves.map(({ why }) => why)
  expect(whys).toEqual(['Leaving', 'Racks', 'Balance', 'Balance'])
})

test('the summary has what each broker has before and after', () => {
  const cluster = members({ 1: null, 2: null, 3: null }, { 3: 'leaving' })
  const { summary } = planFor(cluster, spots('t', [3, 1], [3, 1], [1, 2]))
  const count = (before: number, after: number) => ({ before, after })
  expect(summary).toEqual({
    replicasMoved: 2,
    leadersChanged: 2,
    brokers: [
      { id: 1, isLeaving: false, replicas: count(3, 3), leaders: count(1, 1) },
      { id: 2, isLeaving: false, replicas: count(1, 3), leaders: count(0, 2) },
      { id: 3, isLeaving: true, replicas: count(2, 0), leaders: count(2, 0) },
    ],
  })
})

test('with nobody to give anything to, all stays', () => {
  const cluster = members({ 1: null, 2: null }, { 1: 'leaving', 2: 'fenced' })
  const plan = planMoves(imageOf(cluster, spots('t', [1, 2], [2])), { isLeaving: (id) => id === 1 })
  expect(lines(plan)).toEqual(['t-0: 1,2 TooFewBrokers'])
})
