import { expect, test } from 'vitest'
import {
  describeElections,
  describePlan,
} from '../../../../../operator/controller/decide/balance/describe.ts'
import { brokers, members, planFor, type Spot, spots } from './support.ts'

test('a plan is told in lines: what it comes to, brokers that change, then each move and its reason', () => {
  const racks = { 1: 'a', 2: 'b', 3: 'a', 4: 'b', 5: 'b' }
  const cluster = members(racks, { 5: 'leaving' })
  const partitions = [
    ...spots('orders', [1, 5], [1, 3], [1, 2]),
    ...spots('clicks', [1], [1], [3, 2], [3, 2]),
  ]
  expect(describePlan(planFor(cluster, partitions))).toEqual([
    '3 replicas to copy, 3 preferred leaders to change',
    'broker 1: replicas 5 -> 3, leaders 5 -> 2',
    'broker 2: leaders 0 -> 1',
    'broker 4: replicas 0 -> 3, leaders 0 -> 2',
    'broker 5: replicas 1 -> 0',
    'orders-0: 1,5 -> 1,4 (broker 5 is leaving)',
    'orders-1: 1,3 -> 4,3 (to spread it over racks)',
    'clicks-0: 1 -> 4 (to even out replicas)',
    'orders-2: 1,2 -> 2,1 (to even out leaders, no data moves)',
  ])
})

test('where only the order of replicas changes it is said that no data moves', () => {
  const plan = planFor(brokers(1, 2), spots('t', [1, 2], [1, 2]))
  expect(describePlan(plan)).toContain('t-0: 1,2 -> 2,1 (to even out leaders, no data moves)')
})

test('where there is nothing to do it says so', () => {
  expect(describePlan(planFor(brokers(1, 2), spots('t', [1], [2])))).toEqual(['nothing to move'])
})

test('what cannot leave a broker is told with the reason', () => {
  const cluster = members({ 1: null, 2: null, 3: null }, { 2: 'leaving', 3: 'leaving' })
  const partitions: Spot[] = [
    { topic: 'a', replicas: [1, 2, 3] },
    { topic: 'b', replicas: [3], isDead: true },
    { topic: 'c', replicas: [1], target: [2] },
  ]
  const few = 'too few others are there for 3 replicas'
  expect(describePlan(planFor(cluster, partitions))).toEqual([
    'nothing to move',
    `a-0 stays on 1,2,3: brokers 2 and 3 are leaving, but ${few}`,
    'b-0 stays on 3: broker 3 is leaving, but nobody leads it, so it cannot be copied',
    'c-0 stays on 2: broker 2 is leaving, but it is being moved there',
  ])
})

test('elections are told with who leads and who is to', () => {
  const topic = { topicId: 'x', name: 't' }
  const lines = describeElections([
    { ...topic, partition: 0, from: 2, to: 1 },
    { ...topic, partition: 4, from: -1, to: 3 },
  ])
  expect(lines).toEqual([
    't-0: led by broker 2 -> broker 1 (its preferred leader)',
    't-4: led by nobody -> broker 3 (its preferred leader)',
  ])
})
