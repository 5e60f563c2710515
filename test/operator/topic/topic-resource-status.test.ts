import { expect, test } from 'vitest'
import { applyRecords } from '../../../broker/metadata/apply.ts'
import { topicNamed } from '../../../broker/metadata/image.ts'
import { metadataRecord } from '../../../broker/metadata/records.ts'
import { check } from '../../../operator/api/schema/check.ts'
import { topicStatus as statusTable } from '../../../operator/api/topic/status.ts'
import { topicReadiness } from '../../../operator/topic/topic-readiness.ts'
import { topicResourceStatus } from '../../../operator/topic/topic-resource-status.ts'
import { uuid } from '../../broker/metadata/support.ts'
import { clusterOf, topic } from '../controller/decide/support.ts'
import { topicResource } from '../embedded/support.ts'

const nowMs = 1_777_636_800_000
const topicId = uuid(10)
const orders = topicResource('orders')
const resource = { ...orders, metadata: { ...orders.metadata, generation: 4 } }

const image = applyRecords(clusterOf(0, 1), [
  ...topic('orders', topicId, [0, 1, 1]),
  metadataRecord('PartitionChangeRecord', { topicId, partitionId: 1, leader: -1 }),
  metadataRecord('PartitionChangeRecord', {
    topicId,
    partitionId: 2,
    replicas: [1, 0],
    isr: [1],
    leader: 1,
  }),
])
const found = topicNamed(image, 'orders')
if (found === undefined) throw new Error('it was just made')
const readiness = topicReadiness(found, { image, resource: { spec: { config: {} } } })
const status = topicResourceStatus(resource, found, { readiness, nowMs })

test('a topic is ready while as many are in sync as records with acks=all need', () => {
  const readinessOf = (change: Record<string, unknown>, min = '2') => {
    const now = applyRecords(clusterOf(0, 1, 2), [
      ...topic('t', topicId, [[0, 1, 2]]),
      metadataRecord('PartitionChangeRecord', { topicId, partitionId: 0, ...change }),
    ])
    const resource = { spec: { config: { 'min.insync.replicas': min } } }
    const { status, reason } = topicReadiness(topicOf(now), { image: now, resource })
    return `${status} ${reason}`
  }
  expect(readinessOf({ isr: [0, 1] })).toBe('True Ready')
  expect(readinessOf({ isr: [0] })).toBe('False UnderMinIsr')
  expect(readinessOf({ isr: [0] }, '1')).toBe('True Ready')
  expect(readinessOf({ replicas: [0], isr: [0] })).toBe('True Ready') // there are no more
  expect(readinessOf({ addingReplicas: [2], isr: [0, 1] })).toBe('False Reassigning')
  const isMoved = { addingReplicas: [2], removingReplicas: [1], isr: [0, 1] }
  expect(readinessOf(isMoved)).toBe('True Ready') // it has as many as it is to have
})

function topicOf(now: typeof image) {
  const own = topicNamed(now, 't')
  if (own === undefined) throw new Error('it was just made')
  return own
}

test('each partition is one short text: leader, epochs, replicas and who is in sync', () => {
  expect(status.partitions).toEqual(['0:0:0:0:0', '-1:1:1:1:1', '1:1:1:1,0:1'])
})

test('the partitions together, as kubectl get prints them', () => {
  expect(status.topicId).toBe(topicId)
  expect(status.summary).toEqual({ online: 2, leaderless: 1, underReplicated: 1 })
})

test('whether it can be used, and of which spec that is said', () => {
  expect(status.observedGeneration).toBe(4)
  expect(status.conditions).toMatchObject([
    { type: 'Ready', status: 'False', reason: 'Leaderless', observedGeneration: 4 },
  ])
})

test('it is a status that the API server takes', () => {
  expect(check(statusTable, status, ['status'])).toEqual([])
})

test('the same facts make the same status, so that nothing is written', () => {
  const later = { readiness, nowMs: nowMs + 60_000 }
  expect(topicResourceStatus({ ...resource, status }, found, later)).toEqual(status)
})

test('a topic that is not there has a condition and nothing else', () => {
  const refused = { status: 'False', reason: 'ClusterNotFound', message: 'none' } as const
  const { partitions, summary, topicId, conditions } = topicResourceStatus(resource, undefined, {
    readiness: refused,
    nowMs,
  })
  expect([partitions, summary, topicId]).toEqual([undefined, undefined, undefined])
  expect(conditions).toMatchObject([{ reason: 'ClusterNotFound' }])
})
