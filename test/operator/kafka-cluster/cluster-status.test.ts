import { expect, test } from 'vitest'
import { applyRecords } from '../../../broker/metadata/apply.ts'
import { metadataRecord } from '../../../broker/metadata/records.ts'
import { kafkaClusterStatus as statusTable } from '../../../operator/api/kafka-cluster/status.ts'
import { check } from '../../../operator/api/schema/check.ts'
import {
  type ClusterFacts,
  kafkaClusterStatus,
} from '../../../operator/kafka-cluster/cluster-status.ts'
import { uuid } from '../../broker/metadata/support.ts'
import { broker, clusterOf, topic } from '../controller/decide/support.ts'
import { kafkaCluster, observedPod } from './support.ts'

const nowMs = 1_777_636_800_000
const well: ClusterFacts = {
  image: clusterOf(0, 1, 2),
  pods: [0, 1, 2].map((id) => observedPod(id)),
  withoutController: undefined,
  isDiskFailing: () => false,
  refused: undefined,
  nowMs,
}
const statusOf = (facts: Partial<ClusterFacts> = {}, cluster = kafkaCluster()) =>
  kafkaClusterStatus(cluster, { ...well, ...facts })
const readyOf = (facts: Partial<ClusterFacts>, cluster = kafkaCluster()) =>
  statusOf(facts, cluster).conditions?.[0]

test('a cluster that is as its resource says is Ready, and says where to begin', () => {
  const status = statusOf()
  expect(status).toMatchObject({
    observedGeneration: 7,
    brokers: { desired: 3, ready: 3, summary: '3/3' },
    listeners: [{ name: 'plain', bootstrapServers: 'demo-kafka-plain.shop.svc:9092' }],
  })
  expect(status.conditions).toEqual([
    {
      type: 'Ready',
      status: 'True',
      reason: 'Ready',
      message: 'all 3 brokers serve',
      observedGeneration: 7,
      lastTransitionTime: '2026-05-01T12:00:00Z',
    },
  ])
})

test('it is a status that the API server takes', () => {
  const image = applyRecords(clusterOf(0, 1, 2), topic('orders', uuid(10), [0, 1]))
  expect(check(statusTable, statusOf({ image }), ['status'])).toEqual([])
})

test('the same facts make the same status, so that nothing is written', () => {
  const before = statusOf()
  const later = { nowMs: nowMs + 60_000 }
  expect(statusOf(later, { ...kafkaCluster(), status: before })).toEqual(before)
})

test('the time of a condition is that of its last change', () => {
  const cluster = { ...kafkaCluster(), status: statusOf() }
  const later = { nowMs: nowMs + 60_000, pods: [] }
  expect(readyOf(later, cluster)).toMatchObject({
    status: 'False',
    reason: 'BrokersNotReady',
    lastTransitionTime: '2026-05-01T12:01:00Z',
  })
})

test.each([
  ['Running', {}, { fenced: false }],
  ['Starting', { isReady: false }, { fenced: true }],
  ['Starting', { isReady: false }, { fenced: false }], // what is registered is the one before it
  ['Fenced', { isReady: true }, { fenced: true }],
  ['Stopped', { isTerminating: true }, { fenced: false }],
] as const)('a broker is %s: its pod %j, in the log %j', (state, pod, registered) => {
  const image = applyRecords(clusterOf(1, 2), broker(0, registered))
  const { nodes, brokers } = statusOf({
    image,
    pods: [observedPod(0, pod), observedPod(1), observedPod(2)],
  })
  expect(nodes?.[0]).toMatchObject({ id: 0, pod: 'demo-broker-0', state })
  expect(brokers?.summary).toBe(state === 'Running' ? '3/3' : '2/3')
})

test('a broker without a pod is Stopped, and listed', () => {
  const { nodes } = statusOf({ pods: [observedPod(0), observedPod(2)] })
  expect(nodes?.map(({ id, state }) => `${id} ${state}`)).toEqual([
    '0 Running',
    '1 Stopped',
    '2 Running',
  ])
})

test('a broker too many that has partitions is Draining, and the condition says what to do', () => {
  const image = applyRecords(clusterOf(0, 1, 2), topic('orders', uuid(10), [2]))
  const cluster = kafkaCluster({ brokers: { replicas: 2 } })
  expect(statusOf({ image }, cluster).nodes?.[2]).toMatchObject({ id: 2, state: 'Draining' })
  expect(readyOf({ image }, cluster)).toMatchObject({ reason: 'ScaleDownBlocked' })
})

test('a broker whose disk is full is named, though it serves', () => {
  expect(readyOf({ isDiskFailing: (id) => id === 1 })).toMatchObject({
    status: 'False',
    reason: 'DiskFailing',
    message: 'the disk of broker 1 is full or failed: not all that is written is taken',
  })
})

test('a cluster whose controller is away says why', () => {
  expect(readyOf({ withoutController: 'no answer' })).toMatchObject({
    status: 'False',
    reason: 'NoController',
    message: 'no answer',
  })
})

test('brokers and topics are counted as the metadata log has them', () => {
  const records = [
    ...topic('orders', uuid(10), [0, 0, 1]),
    ...topic('carts', uuid(11), [2]),
    metadataRecord('PartitionChangeRecord', { topicId: uuid(11), partitionId: 0, leader: -1 }),
  ]
  const { nodes, topics } = statusOf({ image: applyRecords(clusterOf(0, 1, 2), records) })
  expect(nodes?.map(({ leaders, replicas }) => [leaders, replicas])).toEqual([
    [2, 2],
    [1, 1],
    [0, 1],
  ])
  expect(topics).toEqual({ total: 2, ready: 1, underReplicated: 0, leaderless: 1 })
})

test('autoscalers find the pods by the selector', () => {
  expect(statusOf().brokers?.selector).toContain('kavka.dev/cluster=demo')
})
