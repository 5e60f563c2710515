import { describe, expect, test } from 'vitest'
import { applyRecords } from '../../../broker/metadata/apply.ts'
import { type MetadataImage, topicNamed } from '../../../broker/metadata/image.ts'
import { imageChanges } from '../../../broker/metadata/image-changes.ts'
import { type MetadataRecord, metadataRecord } from '../../../broker/metadata/records.ts'
import { StorageError } from '../../../lib/storage-error.ts'
import type { AnyResource } from '../../../operator/api/kinds.ts'
import { createPartitions } from '../../../operator/controller/decide/create-partitions.ts'
import { createTopics } from '../../../operator/controller/decide/create-topics.ts'
import type { Decision } from '../../../operator/controller/decide/decision.ts'
import { deleteTopics } from '../../../operator/controller/decide/delete-topics.ts'
import { incrementalAlterConfigs } from '../../../operator/controller/decide/incremental-alter-configs.ts'
import { disownTopic, ownTopic } from '../../../operator/controller/decide/own-topic.ts'
import { resizeTopic } from '../../../operator/controller/decide/resize-topic.ts'
import {
  EmbeddedOperator,
  type EmbeddedOperatorOptions,
} from '../../../operator/embedded/embedded-operator.ts'
import type { RunningCluster } from '../../../operator/embedded/running-cluster.ts'
import type { ManifestEvent } from '../../../operator/kube/directory/watch-manifests.ts'
import type { TopicControl } from '../../../operator/topic/reconcile-topic.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { chance, clusterOf } from '../controller/decide/support.ts'
import { clusterResource, topicResource } from './support.ts'

test('topics wait for the brokers, and are made as their resources say', async () => {
  const { operator, clusters, apply, wait, condition } = newOperator({ isComplete: false })
  await apply(clusterResource(), topicResource('orders', { partitions: 3 }))
  expect(condition('Topic', 'orders')).toMatchObject({ reason: 'WaitingForBrokers' })
  const cluster = clusters[0] as FakeCluster
  cluster.isComplete = true
  await wait(200)
  expect(topicNamed(cluster.image, 'orders')?.partitions.count).toBe(3)
  expect(condition('Topic', 'orders')).toMatchObject({ status: 'True', reason: 'Ready' })
  expect(condition('KafkaCluster', 'demo')).toMatchObject({ status: 'True' })
  await operator.stop()
  expect(cluster.ended).toEqual(['stop'])
})

test('a topic without its cluster says so, and is made once that is there', async () => {
  const { clusters, apply, wait, condition } = newOperator()
  await apply(topicResource('orders'))
  expect(condition('Topic', 'orders')).toMatchObject({
    reason: 'ClusterNotFound',
    message: 'there is no KafkaCluster demo',
  })
  await apply(clusterResource())
  await wait(0)
  expect(topicNamed(clusters[0]?.image as MetadataImage, 'orders')).toBeDefined()
})

test('what clients change of a topic that has a resource is put back', async () => {
  const { clusters, apply, wait, told } = newOperator()
  await apply(clusterResource(), topicResource('orders', { config: { 'retention.ms': '1000' } }))
  const [cluster] = clusters as [FakeCluster]
  const configs = [{ name: 'retention.ms', configOperation: 1, value: null }]
  const resources = [{ resourceType: 2, resourceName: 'orders', configs }]
  await cluster.controller.incrementalAlterConfigs({ resources, validateOnly: false }, 'resource')
  await wait(0)
  expect(told.at(-1)).toBe('Topic orders: has changed settings: retention.ms')
})

test('a resource that vanished takes its topic along, unless nothing may be deleted', async () => {
  const { clusters, apply, vanish, told } = newOperator()
  await apply(clusterResource(), topicResource('orders'), topicResource('carts'))
  await vanish(topicResource('orders'))
  const [cluster] = clusters as [FakeCluster]
  expect(topicNamed(cluster.image, 'orders')).toBeUndefined()
  expect(told.at(-1)).toBe('Topic orders: is deleted')

  await apply(clusterResource({ topics: { deletionProtection: true } }))
  await vanish(topicResource('carts'))
  expect(topicNamed(cluster.image, 'carts')?.owner).toMatchObject({ origin: 'protocol' })
  expect(told.at(-1)).toBe('Topic carts: has no manifest any more; its data is kept')
})

describe('many topics that vanish at once', () => {
  const many = Array.from({ length: 12 }, (_, index) => topicResource(`topic-${index}`))

  test('are kept, and nobody has them any more', async () => {
    const { clusters, apply, vanish, told } = newOperator()
    await apply(clusterResource(), ...many)
    await vanish(...many)
    const [cluster] = clusters as [FakeCluster]
    expect(topicNamed(cluster.image, 'topic-11')?.owner).toMatchObject({ origin: 'protocol' })
    expect(told).toContain(
      'KafkaCluster demo: 12 of 12 topics vanish at once, and are kept: say the annotation kavka.dev/allow-mass-deletion: "true" before, if that is meant',
    )
  })

  test('are deleted where the cluster says that it is meant', async () => {
    const { clusters, apply, vanish } = newOperator()
    const resource = clusterResource()
    const annotations = { 'kavka.dev/allow-mass-deletion': 'true' }
    await apply({ ...resource, metadata: { ...resource.metadata, annotations } }, ...many)
    await vanish(...many)
    const [cluster] = clusters as [FakeCluster]
    expect(topicNamed(cluster.image, 'topic-11')).toBeUndefined()
  })

  test('are deleted where five times as many stay', async () => {
    const { clusters, apply, vanish } = newOperator()
    const others = Array.from({ length: 60 }, (_, index) => topicResource(`other-${index}`))
    await apply(clusterResource(), ...many, ...others)
    await vanish(...many)
    const [cluster] = clusters as [FakeCluster]
    expect(topicNamed(cluster.image, 'topic-11')).toBeUndefined()
  })
})

test('topics that vanish together with their cluster are kept', async () => {
  const { clusters, apply, vanish } = newOperator()
  await apply(clusterResource(), topicResource('orders'))
  await vanish(topicResource('orders'), clusterResource())
  const [cluster] = clusters as [FakeCluster]
  expect(cluster.ended).toEqual(['stop'])
  expect(topicNamed(cluster.image, 'orders')).toBeDefined()
})

test('of two resources of one topic the second waits, and has it after the first', async () => {
  const { clusters, apply, vanish, wait, condition } = newOperator()
  await apply(clusterResource(), topicResource('orders', { deletionPolicy: 'Retain' }))
  await apply(topicResource('again', { topicName: 'orders' }))
  expect(condition('Topic', 'again')).toMatchObject({ status: 'False', reason: 'Conflict' })
  const [cluster] = clusters as [FakeCluster]

  const partition = { topicId: topicNamed(cluster.image, 'orders')?.id as string, partitionId: 0 }
  cluster.tell(metadataRecord('PartitionChangeRecord', { ...partition, leader: -1 }))
  await wait(0)
  expect(condition('Topic', 'orders')).toMatchObject({ status: 'False', reason: 'Leaderless' })
  await vanish(topicResource('orders', { deletionPolicy: 'Retain' }))
  await wait(20_000)
  expect(condition('Topic', 'again')).toMatchObject({ reason: 'Leaderless' })
  expect(topicNamed(cluster.image, 'orders')?.owner).toMatchObject({ resourceUid: 'uid of again' })
})

test('a cluster that does not start later on ends nothing, and is tried again', async () => {
  const refusal = new StorageError('Foreign', '/data holds metadata: it is not touched')
  const starts: (Error | undefined)[] = [undefined, refusal, refusal]
  const { clusters, apply, wait, condition, fatal } = newOperator({ starts })
  await apply(clusterResource())
  await apply(clusterResource({}, 'other'))
  await wait(0)
  expect(condition('KafkaCluster', 'other')).toMatchObject({
    status: 'False',
    reason: 'CannotStart',
    message: '/data holds metadata: it is not touched',
  })
  expect(condition('KafkaCluster', 'demo')).toMatchObject({ status: 'True' })
  await wait(1_000)
  expect(clusters).toHaveLength(2)
  expect(condition('KafkaCluster', 'other')).toMatchObject({ status: 'True' })
  expect(fatal).toEqual([])
})

test('a cluster that does not start at the start is refused in the words of the disk, and nothing of the others is changed', async () => {
  const refusal = new StorageError('Foreign', 'it is not touched')
  const { operator, clusters, wait } = newOperator({ starts: [undefined, refusal] })
  const resources = [clusterResource(), clusterResource({}, 'other'), topicResource('orders')]
  const events = resources.map((resource) => eventOf('Applied', resource))
  await expect(operator.apply({ first: true, events, findings: [] })).rejects.toBe(refusal)
  const [cluster] = clusters as [FakeCluster]
  cluster.tell(metadataRecord('UnregisterBrokerRecord', { brokerId: 0, brokerEpoch: 100 }))
  await wait(1_000)
  expect(cluster).toMatchObject({ isBegun: false, ended: [] })
  expect(topicNamed(cluster.image, 'orders')).toBeUndefined()
})

test('clusters that are there at the start are begun once all of them are open', async () => {
  const { operator, clusters, wait } = newOperator()
  const resources = [clusterResource(), clusterResource({}, 'other'), topicResource('orders')]
  const events = resources.map((resource) => eventOf('Applied', resource))
  await operator.apply({ first: true, events, findings: [] })
  await wait(0)
  expect(clusters.map(({ isBegun }) => isBegun)).toEqual([true, true])
  expect(topicNamed(clusters[0]?.image as MetadataImage, 'orders')).toBeDefined()
})

test('brokers are let go of when kavka up ends without stopping them', async () => {
  const { operator, clusters, apply } = newOperator()
  await apply(clusterResource())
  await operator.detach()
  expect(clusters[0]?.ended).toEqual(['detach'])
})

type Hooks = Parameters<EmbeddedOperatorOptions['startCluster']>[1]

/** A cluster whose controller decides at once, in memory, and whose brokers all serve. */
class FakeCluster {
  image = clusterOf(0)
  readonly ended: string[] = []
  isBegun = false
  readonly withoutController = undefined
  readonly clusterId = 'c'
  readonly advertisedHost = 'localhost'
  readonly brokers = []
  readonly plan = { desired: [{ nodeId: 0 }], leaving: [], occupied: [] }
  resource: AnyResource
  isComplete: boolean
  readonly controller: TopicControl
  readonly #hooks: Hooks

  constructor(resource: AnyResource, hooks: Hooks, isComplete: boolean) {
    this.resource = resource
    this.isComplete = isComplete
    this.controller = this.#control()
    this.#hooks = hooks
  }

  begin(): void {
    this.isBegun = true
  }

  isServing(): boolean {
    return true
  }

  isDiskFailing(): boolean {
    return false
  }

  update(resource: AnyResource): void {
    this.resource = resource
  }

  stop(): Promise<void> {
    this.ended.push('stop')
    return Promise.resolve()
  }

  detach(): Promise<void> {
    this.ended.push('detach')
    return Promise.resolve()
  }

  tell(...records: MetadataRecord[]): void {
    const before = this.image
    this.image = applyRecords(before, records)
    this.#hooks.onImage(imageChanges(before, this.image))
  }

  #control(): TopicControl {
    const about = { random: chance(1), isLeaving: () => false }
    const brokerConfig = new Map([['default.replication.factor', '1']])
    const nobody = { origin: 'protocol', resourceUid: null } as const
    const by = 'resource'
    const image = () => this.image
    const decide = <T>({ records, response }: Decision<T>) => {
      this.tell(...records)
      return Promise.resolve(response)
    }
    return {
      get image() {
        return image()
      },
      createTopics: (request, owner) =>
        decide(
          createTopics(this.image, request, { ...about, owner: owner ?? nobody, brokerConfig }),
        ),
      createPartitions: (request) =>
        decide(createPartitions(this.image, request, { ...about, by })),
      incrementalAlterConfigs: (request) =>
        decide(incrementalAlterConfigs(this.image, request, by)),
      deleteTopics: (request) => decide(deleteTopics(this.image, request, { by, brokerConfig })),
      ownTopic: (ownership) => decide(ownTopic(this.image, ownership)),
      resizeTopic: (about) =>
        decide(resizeTopic(this.image, about, { isLeaving: () => false, brokerConfig })),
      disownTopic: (ownership) => decide(disownTopic(this.image, ownership)),
    }
  }
}

/** @param starts Of each start of a cluster in turn, why it fails. */
function newOperator({
  isComplete = true,
  starts = [],
}: {
  isComplete?: boolean
  starts?: (Error | undefined)[]
} = {}) {
  const clock = new ManualClock()
  const clusters: FakeCluster[] = []
  const told: string[] = []
  const fatal: unknown[] = []
  const operator = new EmbeddedOperator({
    clock,
    startCluster: (resource, hooks) => {
      const refusal = starts.shift()
      if (refusal !== undefined) return Promise.reject(refusal)
      const cluster = new FakeCluster(resource, hooks, isComplete)
      clusters.push(cluster)
      return Promise.resolve(cluster as unknown as RunningCluster)
    },
    tell: ({ subject, text }) => void told.push(`${subject}: ${text}`),
    onChange: () => {},
    onFatal: (error) => void fatal.push(error),
  })
  /** Lets time pass, and all that is to be done be done. */
  const wait = async (ms: number) => {
    await clock.advance(ms)
    for (let turns = 0; turns < 20; turns++) await clock.advance(0)
  }
  const happened = async (type: 'Applied' | 'Vanished', resources: readonly AnyResource[]) => {
    const events = resources.map((resource) => eventOf(type, resource))
    await operator.apply({ first: false, events, findings: [] })
    await wait(0)
  }
  return {
    operator,
    clusters,
    told,
    fatal,
    wait,
    apply: (...resources: AnyResource[]) => happened('Applied', resources),
    vanish: (...resources: AnyResource[]) => happened('Vanished', resources),
    condition: (kind: string, name: string) => {
      const status = operator.status({ pid: 1, metricsEndpoint: '', knownClusters: [] })
      const found = status.resources.find((one) => one.kind === kind && one.name === name)
      return found?.conditions[0]
    },
  }
}

function eventOf(type: 'Applied' | 'Vanished', resource: AnyResource): ManifestEvent {
  const { name, namespace } = resource.metadata
  const key = `${resource.kind}/${namespace}/${name}`
  const event = { key, uid: `uid of ${name}`, resource }
  return type === 'Applied' ? { type, ...event } : { type, ...event, done: () => {} }
}
