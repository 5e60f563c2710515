import { expect, test } from 'vitest'
import { emptyImage, type MetadataImage } from '../../../broker/metadata/image.ts'
import { createLogger } from '../../../lib/logger.ts'
import { KafkaCluster } from '../../../operator/api/kafka-cluster/kafka-cluster.ts'
import { readResource } from '../../../operator/api/schema/resource.ts'
import { Topic } from '../../../operator/api/topic/topic.ts'
import { ActiveOperator } from '../../../operator/in-kubernetes/active-operator.ts'
import type { KubeCluster } from '../../../operator/in-kubernetes/kube-cluster.ts'
import { ReconcileError } from '../../../operator/reconcile-error.ts'
import { FakeKubeApi } from '../../support/fake-kube-api.ts'
import { openKubeApi } from '../../support/kube-parts.ts'
import { ManualClock } from '../../support/manual-clock.ts'

const apiVersion = KafkaCluster.apiVersion
const cluster = readResource(KafkaCluster, {
  apiVersion,
  kind: 'KafkaCluster',
  metadata: { name: 'demo', namespace: 'shop', uid: 'uid-of-demo' },
  spec: { brokers: { replicas: 1 } },
})
const topic = readResource(Topic, {
  apiVersion,
  kind: 'Topic',
  metadata: { name: 'orders', namespace: 'shop', uid: 'uid-of-orders' },
  spec: { clusterRef: { name: 'demo' } },
})

/** An operator that knows one cluster and one Topic of it. `made` counts clusters that it made. */
async function newOperator(reconcile: () => Promise<void>) {
  const fake = await FakeKubeApi.start()
  const api = openKubeApi(fake.access)
  const clock = new ManualClock()
  const asked: string[] = []
  let made = 0
  const operator = new ActiveOperator({
    kube: api,
    watched: {
      follow: () => {},
      clusters: () => [cluster],
      cluster: () => cluster,
      topics: () => [topic],
      topic: () => topic,
      topicsOf: () => [topic],
    } as never,
    happenings: {} as never,
    mayAct: () => true,
    makeCluster: () => {
      made++
      let image: MetadataImage | undefined
      return {
        uid: 'uid-of-demo',
        resource: cluster,
        get image() {
          return image
        },
        get isComplete() {
          asked.push('orders')
          return false
        },
        status: () => ({}),
        close: async () => {},
        reconcile: async () => {
          for (let turns = 0; turns < 5; turns++) await clock.turn() // its log is read
          image = emptyImage
          await reconcile()
        },
      } as unknown as KubeCluster
    },
    clock,
    logger: createLogger({ to: { write() {} } }),
    onFatal: (error) => {
      throw error
    },
  })
  const close = async () => {
    await operator.close()
    await api.close()
    await fake[Symbol.asyncDispose]()
  }
  return { operator, asked, clock, made: () => made, [Symbol.asyncDispose]: close }
}

test('topics of a cluster whose objects cannot be made are looked after as soon as its log was read', async () => {
  const refuse = () => Promise.reject(new ReconcileError('InvalidListeners', 'spec.listeners: no'))
  await using one = await newOperator(refuse)
  for (let retries = 0; retries < 20; retries++) await one.clock.advance(10_000)
  expect(one.asked).toContain('orders')
})

test('what waits when an operator stops acting is not begun any more', async () => {
  await using one = await newOperator(async () => {})
  await one.operator.close()
  await one.clock.advance(60_000)
  expect(one.made()).toBe(0)
})
