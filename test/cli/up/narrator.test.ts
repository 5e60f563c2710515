import { expect, test } from 'vitest'
import { Narrator } from '../../../cli/up/narrator.ts'
import type { BrokerStatus, ClusterStatus } from '../../../operator/embedded/status.ts'

function broker(id: number, more: Partial<BrokerStatus> = {}): BrokerStatus {
  return {
    id,
    state: 'Ready',
    pid: 100 + id,
    endpoint: `localhost:${9092 + id}`,
    metricsEndpoint: `http://localhost:${9405 + id}/metrics`,
    leaders: 0,
    replicas: 0,
    problem: null,
    ...more,
  }
}

function clusters(brokers: BrokerStatus[], problem: string | null = null) {
  const cluster: ClusterStatus = {
    namespace: 'default',
    name: 'demo',
    clusterId: 'id',
    bootstrapServers: 'localhost:9092',
    problem,
    brokers,
    topics: [],
  }
  return { clusters: [cluster] }
}

test('each change of a broker is told once', () => {
  const narrator = new Narrator()
  const starting = clusters([broker(0, { state: 'Starting' })])
  expect(narrator.next(starting)).toEqual(['KafkaCluster demo: broker 0 is starting'])
  expect(narrator.next(starting)).toEqual([])
  const ready = clusters([broker(0)])
  expect(narrator.next(ready)).toEqual([
    'KafkaCluster demo: broker 0 is ready on localhost:9092 (pid 100)',
  ])
  const ended = clusters([broker(0, { state: 'Waiting', pid: null, problem: 'the disk is full' })])
  expect(narrator.next(ended)).toEqual([
    'KafkaCluster demo: broker 0 ended: the disk is full; it is started again',
  ])
  expect(narrator.next(ended)).toEqual([])
})

test('a broker that nobody wants any more is told of a last time', () => {
  const narrator = new Narrator()
  narrator.next(clusters([broker(0), broker(1), broker(10)]))
  expect(narrator.next(clusters([broker(0), broker(10)]))).toEqual([
    'KafkaCluster demo: broker 1 is stopped',
  ])
  expect(narrator.next(clusters([broker(0), broker(10)]))).toEqual([])
})

test('a controller that cannot decide is told of once, and again when it happens again', () => {
  const narrator = new Narrator()
  narrator.next(clusters([broker(0)]))
  const without = clusters([broker(0)], 'the disk is full')
  const line = 'KafkaCluster demo: nothing can be decided: the disk is full; brokers serve on'
  expect(narrator.next(without)).toEqual([line])
  expect(narrator.next(without)).toEqual([])
  expect(narrator.next(clusters([broker(0)]))).toEqual([])
  expect(narrator.next(without)).toEqual([line])
})

test('a cluster is ready once, when all its brokers are', () => {
  const narrator = new Narrator()
  const some = clusters([broker(0), broker(1, { state: 'Starting' })])
  expect(narrator.ready(some)).toEqual([])
  const all = clusters([broker(0), broker(1)])
  expect(narrator.ready(all)).toHaveLength(1)
  expect(narrator.ready(some)).toEqual([])
  expect(narrator.ready(all)).toEqual([])
})
