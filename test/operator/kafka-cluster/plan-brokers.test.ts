import { expect, test } from 'vitest'
import { applyRecords } from '../../../broker/metadata/apply.ts'
import { KafkaCluster } from '../../../operator/api/kafka-cluster/kafka-cluster.ts'
import { readResource } from '../../../operator/api/schema/resource.ts'
import { planBrokers } from '../../../operator/kafka-cluster/plan-brokers.ts'
import { uuid } from '../../broker/metadata/support.ts'
import { clusterOf, topic } from '../controller/decide/support.ts'

function cluster(replicas: number, more: Record<string, unknown> = {}) {
  return readResource(KafkaCluster, {
    apiVersion: 'kavka.dev/v1alpha1',
    kind: 'KafkaCluster',
    metadata: { name: 'demo' },
    spec: { brokers: { replicas }, ...more },
  })
}

const ids = (brokers: readonly { nodeId: number }[]) => brokers.map(({ nodeId }) => nodeId)

test('brokers have the ids from 0 on, and what the resource says for all of them', () => {
  const resource = cluster(2, {
    config: { 'num.partitions': '6' },
    topics: { autoCreate: false },
    controller: { heartbeatInterval: '300ms' },
  })
  const { desired } = planBrokers(resource, clusterOf())
  expect(desired).toEqual(
    [0, 1].map((nodeId) => ({
      nodeId,
      rack: null,
      config: { 'num.partitions': '6', 'broker.heartbeat.interval.ms': '300' },
      autoCreateTopics: false,
    })),
  )
})

test('brokers stand by turns in the racks that the resource names', () => {
  const { desired } = planBrokers(
    cluster(1, { brokers: { replicas: 5, rack: { names: ['a', 'b', 'c'] } } }),
    clusterOf(),
  )
  expect(desired.map(({ rack }) => rack)).toEqual(['a', 'b', 'c', 'a', 'b'])
})

test('a broker too many that is empty leaves', () => {
  const plan = planBrokers(cluster(1), clusterOf(0, 1, 2))
  expect(ids(plan.desired)).toEqual([0])
  expect(plan.leaving).toEqual([1, 2])
  expect(plan.occupied).toEqual([])
})

test('a broker too many that has partitions stays until these are gone', () => {
  const image = applyRecords(clusterOf(0, 1, 2), topic('orders', uuid(10), [0, 2, 2]))
  const plan = planBrokers(cluster(1), image)
  expect(ids(plan.desired)).toEqual([0, 2])
  expect(plan.leaving).toEqual([1])
  expect(plan.occupied).toEqual([{ id: 2, partitions: 2 }])
})
