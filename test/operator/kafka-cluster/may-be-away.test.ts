import { expect, test } from 'vitest'
import { applyRecords } from '../../../broker/metadata/apply.ts'
import { metadataRecord } from '../../../broker/metadata/records.ts'
import { mayBeAway, notInSync } from '../../../operator/kafka-cluster/may-be-away.ts'
import { uuid } from '../../broker/metadata/support.ts'
import { clusterOf, topic } from '../controller/decide/support.ts'

const topicId = uuid(10)
const allInSync = applyRecords(clusterOf(0, 1, 2, 3), [
  ...topic('orders', topicId, [
    [0, 1, 2],
    [1, 2, 3],
  ]),
  ...topic('single', uuid(11), [3]),
])
const after = (change: Record<string, unknown>, partitionId = 0) =>
  applyRecords(allInSync, [
    metadataRecord('PartitionChangeRecord', { topicId, partitionId, ...change }),
  ])
const who = (image: typeof allInSync) => [0, 1, 2, 3].filter(mayBeAway(image))

test('where all are in sync any broker may be away, one at a time', () => {
  expect(who(allInSync)).toEqual([0, 1, 2, 3])
})

test('while a replica is not in sync nobody may but its own broker', () => {
  expect(who(after({ isr: [0, 2] }))).toEqual([1])
  expect(who(applyRecords(after({ isr: [0, 2] }), []))).toEqual([1])
})

test('while those of two brokers are not, nobody may', () => {
  const two = applyRecords(after({ isr: [0, 2] }), [
    metadataRecord('PartitionChangeRecord', { topicId, partitionId: 1, isr: [1, 2] }),
  ])
  expect([...notInSync(two)].toSorted((a, b) => a - b)).toEqual([1, 3])
  expect(who(two)).toEqual([])
})

test('a replica that is only being added holds up nobody', () => {
  expect(who(after({ replicas: [0, 1, 2, 3], addingReplicas: [3] }))).toEqual([0, 1, 2, 3])
})

test('nor does a partition that nobody leads: it has nothing to lose', () => {
  expect(who(after({ isr: [], leader: -1 }))).toEqual([0, 1, 2, 3])
})
