import { expect, test } from 'vitest'
import { applyRecords } from '../../../broker/metadata/apply.ts'
import { metadataRecord } from '../../../broker/metadata/records.ts'
import { readResource } from '../../../operator/api/schema/resource.ts'
import { Topic } from '../../../operator/api/topic/topic.ts'
import { planTopic } from '../../../operator/topic/plan-topic.ts'
import { uuid } from '../../broker/metadata/support.ts'
import { clusterOf, topic as topicRecords } from '../controller/decide/support.ts'

const mine = 'uid-of-mine'
const id = uuid(10)
const none = clusterOf(1, 2)

/** With the topic `orders` of two partitions. */
function there({ uid, config = {} }: { uid?: string | null; config?: Record<string, string> }) {
  const resourceUid = uid ?? null
  return applyRecords(none, [
    ...topicRecords('orders', id, [1, 2]),
    metadataRecord('TopicOwnerRecord', {
      topicId: id,
      origin: resourceUid === null ? 1 : 0,
      resourceUid,
    }),
    ...Object.entries(config).map(([name, value]) => {
      return metadataRecord('ConfigRecord', {
        resourceType: 2,
        resourceName: 'orders',
        name,
        value,
      })
    }),
  ])
}

function plan(
  spec: Record<string, unknown>,
  image = none,
  isTaken: (uid: string) => boolean = () => false,
) {
  const resource = readResource(Topic, {
    apiVersion: 'kavka.dev/v1alpha1',
    kind: 'Topic',
    metadata: { name: 'orders' },
    spec: { clusterRef: { name: 'demo' }, ...spec },
  })
  return planTopic(resource, { uid: mine, image, isTaken, brokers: 3 })
}

test('a topic that is not there is made as the resource says', () => {
  expect(plan({ partitions: 3, config: { 'retention.ms': '1000' } })).toEqual({
    type: 'step',
    step: {
      type: 'create',
      topic: {
        name: 'orders',
        numPartitions: 3,
        replicationFactor: -1,
        assignments: [],
        configs: [{ name: 'retention.ms', value: '1000' }],
      },
    },
  })
})

test('a topic is called what the resource says, if that is not its own name', () => {
  expect(plan({ topicName: 'Orders.V1' })).toMatchObject({ step: { topic: { name: 'Orders.V1' } } })
})

test('what is as the resource says needs nothing', () => {
  const image = there({ uid: mine, config: { 'retention.ms': '1000' } })
  const spec = { partitions: 2, replicationFactor: 1, config: { 'retention.ms': '1000' } }
  expect(plan(spec, image).type).toBe('converged')
})

test('a topic that clients made becomes that of the resource', () => {
  expect(plan({ partitions: 2 }, there({}))).toEqual({
    type: 'step',
    step: { type: 'own', topicId: id, from: null },
  })
})

test('a topic whose resource is not there any more becomes that of the resource', () => {
  expect(plan({ partitions: 2 }, there({ uid: 'gone' }))).toMatchObject({
    step: { type: 'own', from: 'gone' },
  })
})

test('a topic of another resource that is there stays its own', () => {
  const planned = plan({ partitions: 2 }, there({ uid: 'other' }), (uid) => uid === 'other')
  expect(planned).toMatchObject({ type: 'refused', refusal: { reason: 'Conflict' } })
})

test('partitions become more', () => {
  expect(plan({ partitions: 5 }, there({ uid: mine }))).toEqual({
    type: 'step',
    step: { type: 'add-partitions', name: 'orders', count: 5 },
  })
})

test('partitions never become fewer, also of a topic that is not owned yet', () => {
  expect(plan({ partitions: 1 }, there({}))).toEqual({
    type: 'refused',
    refusal: {
      reason: 'PartitionsShrinkForbidden',
      message: 'spec.partitions: may become more, never fewer, found 1 where topic orders has 2',
    },
  })
})

test('partitions get as many replicas as the resource says, before there are more of them', () => {
  expect(plan({ partitions: 5, replicationFactor: 2 }, there({ uid: mine }))).toEqual({
    type: 'step',
    step: { type: 'set-replicas', name: 'orders', replicationFactor: 2 },
  })
})

test('a resource that does not say leaves as many replicas as there are', () => {
  expect(plan({ partitions: 2 }, there({ uid: mine })).type).toBe('converged')
})

test('what is on its way to as many replicas as the resource says needs nothing', () => {
  const moving = [0, 1].map((partitionId) => {
    return metadataRecord('PartitionChangeRecord', {
      topicId: id,
      partitionId,
      replicas: [1, 2],
      addingReplicas: [2 - partitionId],
    })
  })
  const image = applyRecords(there({ uid: mine }), moving)
  expect(plan({ partitions: 2, replicationFactor: 2 }, image).type).toBe('converged')
  expect(plan({ partitions: 2, replicationFactor: 1 }, image)).toMatchObject({
    step: { type: 'set-replicas', replicationFactor: 1 },
  })
})

test.each([
  ['that is to be made', none],
  ['that is there', there({ uid: mine })],
])('more replicas than brokers are refused, for a topic %s', (_, image) => {
  expect(plan({ partitions: 2, replicationFactor: 4 }, image)).toEqual({
    type: 'refused',
    refusal: {
      reason: 'InsufficientBrokers',
      message:
        'spec.replicationFactor: must be at most spec.brokers.replicas of its KafkaCluster, which is 3, found 4',
    },
  })
})

test('a topic that has more replicas than its cluster is to have brokers is left as it is', () => {
  const image = applyRecords(none, [
    ...topicRecords('orders', id, [[1, 2, 3, 4]]),
    metadataRecord('TopicOwnerRecord', { topicId: id, origin: 0, resourceUid: mine }),
  ])
  expect(plan({ partitions: 1, replicationFactor: 4 }, image).type).toBe('converged')
})

test('settings are set, changed, and taken back to their defaults', () => {
  const image = there({ uid: mine, config: { 'retention.ms': '1000', 'segment.ms': '5' } })
  const spec = { partitions: 2, config: { 'retention.ms': '2000', 'cleanup.policy': 'compact' } }
  expect(plan(spec, image)).toEqual({
    type: 'step',
    step: {
      type: 'set-config',
      name: 'orders',
      changes: [
        { name: 'retention.ms', configOperation: 0, value: '2000' },
        { name: 'cleanup.policy', configOperation: 0, value: 'compact' },
        { name: 'segment.ms', configOperation: 1, value: null },
      ],
    },
  })
})
