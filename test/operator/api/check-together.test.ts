import { expect, test } from 'vitest'
import { checkTogether } from '../../../operator/api/check-together.ts'
import {
  KafkaCluster,
  type KafkaClusterInput,
} from '../../../operator/api/kafka-cluster/kafka-cluster.ts'
import { readResource } from '../../../operator/api/schema/resource.ts'
import { Topic, type TopicInput } from '../../../operator/api/topic/topic.ts'

const apiVersion = 'kavka.dev/v1alpha1'

function cluster(name: string, replicas: number, config: Record<string, string> = {}) {
  const input: KafkaClusterInput = {
    apiVersion,
    kind: 'KafkaCluster',
    metadata: { name },
    spec: { brokers: { replicas }, config },
  }
  return readResource(KafkaCluster, input)
}

function topic(name: string, spec: Partial<TopicInput['spec']> = {}, creationTimestamp?: string) {
  const made = creationTimestamp === undefined ? {} : { creationTimestamp }
  const input: TopicInput = {
    apiVersion,
    kind: 'Topic',
    metadata: { name, ...made },
    spec: { clusterRef: { name: 'demo' }, ...spec },
  }
  return readResource(Topic, input)
}

function told(...args: Parameters<typeof checkTogether>): string[] {
  return checkTogether(...args).map(
    ({ resource, problem }) =>
      `${resource.metadata.name}: ${problem.reason}: ${problem.field}: ${problem.message}`,
  )
}

test('a topic belongs to a cluster that is there', () => {
  expect(told([cluster('demo', 1)], [topic('a')])).toEqual([])
  expect(told([cluster('demo', 1)], [topic('a', { clusterRef: { name: 'dmeo' } })])).toEqual([
    'a: ClusterNotFound: spec.clusterRef.name: must be a KafkaCluster of namespace default, found "dmeo"; did you mean demo?',
  ])
  expect(told([], [topic('a')])[0]).toContain('; there is none')
})

test('there are no more replicas than brokers', () => {
  expect(told([cluster('demo', 2)], [topic('a', { replicationFactor: 3 })])).toEqual([
    'a: InsufficientBrokers: spec.replicationFactor: must be at most spec.brokers.replicas of KafkaCluster demo, found 3 with 2 brokers',
  ])
  expect(told([cluster('demo', 1, { 'default.replication.factor': '3' })], [])).toEqual([
    'demo: InsufficientBrokers: spec.config[default.replication.factor]: must be at most spec.brokers.replicas, found 3 with 1 broker',
  ])
})

test('of two topics with one name in one cluster the older holds', () => {
  const young = topic('young', { topicName: 'orders' }, '2026-01-02T00:00:00Z')
  const old = topic('orders', {}, '2026-01-01T00:00:00Z')
  expect(told([cluster('demo', 1)], [young, old])).toEqual([
    'young: Conflict: spec.topicName: must be the only topic of that name in KafkaCluster demo, found orders in Topic orders too',
  ])
})

test('topics of two clusters may have one name', () => {
  const other = topic('b', { topicName: 'a', clusterRef: { name: 'other' } })
  expect(told([cluster('demo', 1), cluster('other', 1)], [topic('a'), other])).toEqual([])
})

test('names that differ in . and _ only collide, as in Kafka', () => {
  const [first] = told([cluster('demo', 1)], [topic('a.b'), topic('x', { topicName: 'a_b' })])
  expect(first).toContain('x: TopicNameCollision: spec.topicName: ')
})
