import { expect, test } from 'vitest'
import { applyRecords } from '../../../broker/metadata/apply.ts'
import type { MetadataImage } from '../../../broker/metadata/image.ts'
import { topicNamed } from '../../../broker/metadata/image.ts'
import { metadataRecord } from '../../../broker/metadata/records.ts'
import { createLogger } from '../../../lib/logger.ts'
import { KafkaCluster } from '../../../operator/api/kafka-cluster/kafka-cluster.ts'
import { readResource } from '../../../operator/api/schema/resource.ts'
import type { Topic } from '../../../operator/api/topic/topic.ts'
import { Happenings } from '../../../operator/in-kubernetes/happenings.ts'
import type { KubeCluster } from '../../../operator/in-kubernetes/kube-cluster.ts'
import { TopicWork } from '../../../operator/in-kubernetes/topic-work.ts'
import type { Found, WatchedObjects } from '../../../operator/in-kubernetes/watched-objects.ts'
import { planMirror } from '../../../operator/topic/plan-mirror.ts'
import { uuid } from '../../broker/metadata/support.ts'
import { FakeKubeApi } from '../../support/fake-kube-api.ts'
import { openKubeApi } from '../../support/kube-parts.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { clusterOf, topic } from '../controller/decide/support.ts'

const topicId = uuid(10)
const topics = '/apis/kavka.dev/v1alpha1/namespaces/shop/topics'
const path = `${topics}/orders`
const definition = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/topics.kavka.dev'
const withTopic = applyRecords(clusterOf(0), [
  ...topic('orders', topicId, [0]),
  metadataRecord('TopicOwnerRecord', { topicId, origin: 1, resourceUid: null }),
])

/** What a replica of the operator does for the topics of a cluster whose log it knows as `image`. */
async function newWork(image: MetadataImage, { mayAct }: { mayAct: boolean }) {
  const fake = await FakeKubeApi.start()
  const api = openKubeApi(fake.access)
  const cluster = readResource(KafkaCluster, {
    apiVersion: 'kavka.dev/v1alpha1',
    kind: 'KafkaCluster',
    metadata: { name: 'demo', namespace: 'shop', uid: 'uid-of-demo' },
    spec: { brokers: { replicas: 1 } },
  })
  const made = topicNamed(withTopic, 'orders')
  if (made === undefined) throw new Error('there is no topic')
  const place = { name: 'demo', namespace: 'shop', uid: 'uid-of-demo' }
  const plan = planMirror(withTopic, made, { cluster: place, name: 'orders', found: undefined })
  if (plan.type !== 'create') throw new Error(`not made: ${plan.type}`)
  const mirror = fake.put(path, { ...plan.mirror })
  const watched = {
    cluster: () => cluster,
    topic: (key: string) => fake.get(`${topics}/${key.split('/')[1]}`) as Found<Topic> | undefined,
    topicsOf: () => [],
  } as unknown as WatchedObjects
  const asked: string[] = []
  const forgotten: string[] = []
  const controller = {
    image,
    mirrorTopic: async () => {},
    forgetMirror: async ({ resourceUid }: { resourceUid: string }) => {
      forgotten.push(resourceUid)
    },
  }
  const work = new TopicWork({
    client: api.objects,
    watched,
    happenings: new Happenings({ record: () => {} } as never, createLogger({ to: { write() {} } })),
    clock: new ManualClock(),
    mayAct: () => mayAct,
    clusterNamed: () =>
      ({ uid: 'uid-of-demo', resource: cluster, image, controller }) as unknown as KubeCluster,
    ask: (key) => void asked.push(key),
  })
  const close = async () => {
    await api.close()
    await fake[Symbol.asyncDispose]()
  }
  return { fake, work, mirror, asked, forgotten, [Symbol.asyncDispose]: close }
}

test('a Topic that shows nothing any more is deleted', async () => {
  await using one = await newWork(clusterOf(0), { mayAct: true })
  expect(await one.work.reconcile('shop/orders')).toBeUndefined()
  expect(one.fake.get(path)).toBeUndefined()
})

test('who may have been followed by another deletes no Topic for what it does not know', async () => {
  await using one = await newWork(clusterOf(0), { mayAct: false })
  await expect(one.work.reconcile('shop/orders')).rejects.toMatchObject({ code: 'NOT_CONTROLLER' })
  expect(one.fake.get(path)).toBeDefined()
})

test('a Topic that another operator deleted since it knew no topic takes no data with it, and is made anew', async () => {
  await using stale = await newWork(clusterOf(0), { mayAct: true })
  let last: unknown
  stale.fake.intercept = ({ method }) => {
    if (method === 'DELETE') last = stale.fake.get(path) // as a watch tells it
    return undefined
  }
  await stale.work.reconcile('shop/orders')
  await using current = await newWork(withTopic, { mayAct: true })
  const { uid } = (last as Topic).metadata
  current.work.deleted('shop/demo', [last as Topic])
  expect(current.asked).toEqual([`Deleted/${uid}`])
  for (const gone of ['/api/v1/namespaces/shop', definition]) current.fake.put(gone, {})
  await current.work.release(`${uid}`)
  expect(current.forgotten).toEqual([uid]) // of what it was asked to delete there is nothing
})

test('a Topic that another operator was about to delete is kept by who knows its topic', async () => {
  await using one = await newWork(clusterOf(0), { mayAct: true })
  const unmarked: unknown[] = []
  one.fake.intercept = ({ method }) => {
    if (method !== 'DELETE') return undefined
    const { metadata, ...rest } = one.fake.get(path) as unknown as Topic
    const { 'kavka.dev/topic-gone': mark, ...annotations } = metadata.annotations ?? {}
    unmarked.push(mark)
    one.fake.put(path, { ...rest, metadata: { ...metadata, annotations } })
    return undefined
  }
  await one.work.reconcile('shop/orders')
  expect(unmarked).toEqual(['true'])
  expect(one.fake.get(path)).toBeDefined()
})

test('who knows the topic takes the mark away of an operator that was about to delete its Topic', async () => {
  await using one = await newWork(withTopic, { mayAct: true })
  const { metadata, ...rest } = one.mirror as unknown as Topic
  const annotations = { ...metadata.annotations, 'kavka.dev/topic-gone': 'true' }
  one.fake.put(path, { ...rest, metadata: { ...metadata, annotations } })
  await one.work.reconcile('shop/orders')
  expect(one.fake.get(path)?.metadata).toMatchObject({ annotations: metadata.annotations })
  expect(one.fake.get(path)?.metadata).not.toMatchObject({ annotations })
})

test('a Topic that somebody else deleted takes its topic with it', async () => {
  await using one = await newWork(withTopic, { mayAct: true })
  const last = one.mirror as unknown as Topic
  one.work.deleted('shop/demo', [last])
  expect(one.asked).toEqual([`Deleted/${last.metadata.uid}`])
})

test('of two clusters that have a topic of one name each gets a Topic', async () => {
  await using one = await newWork(withTopic, { mayAct: true })
  const { spec, metadata, ...rest } = one.mirror
  one.fake.put(path, {
    ...rest,
    metadata,
    spec: { ...(spec as object), clusterRef: { name: 'b' } },
  })
  await one.work.mirrors.show('shop/demo/orders')
  const [, own] = one.fake.all(topics)
  expect(own).toMatchObject({ spec: { clusterRef: { name: 'demo' }, topicName: 'orders' } })
  await one.work.mirrors.show('shop/demo/orders')
  expect(one.fake.all(topics)).toHaveLength(2)
})
