import { describe, expect, test } from 'vitest'
import { applyRecords } from '../../../broker/metadata/apply.ts'
import { type MetadataImage, topicNamed } from '../../../broker/metadata/image.ts'
import { metadataRecord } from '../../../broker/metadata/records.ts'
import { checkResource, readResource } from '../../../operator/api/schema/resource.ts'
import { Topic } from '../../../operator/api/topic/topic.ts'
import { mirrorTopic, ownTopic } from '../../../operator/controller/decide/own-topic.ts'
import { isMirror, planMirror } from '../../../operator/topic/plan-mirror.ts'
import { uuid } from '../../broker/metadata/support.ts'
import { clusterOf, topic } from '../controller/decide/support.ts'

const place = { name: 'demo', namespace: 'shop', uid: 'uid-of-demo' }
const topicId = uuid(10)
const retention = metadataRecord('ConfigRecord', {
  resourceType: 2,
  resourceName: 'orders',
  name: 'retention.ms',
  value: '1000',
})
const fromClient = applyRecords(clusterOf(0, 1), [
  ...topic('orders', topicId, [0, 1]),
  metadataRecord('TopicOwnerRecord', { topicId, origin: 1, resourceUid: null }),
])

function plan(image: MetadataImage, found?: Topic) {
  const made = topicNamed(image, 'orders')
  if (made === undefined) throw new Error('there is no topic')
  return planMirror(image, made, { cluster: place, name: 'orders', found })
}

/** The resource that is made for the topic, as an API server has it then. */
function written(image = fromClient, uid = 'uid-of-mirror'): Topic {
  const planned = plan(image)
  if (planned.type !== 'create') throw new Error(`not made: ${planned.type}`)
  const { mirror } = planned
  return readResource(Topic, { ...mirror, metadata: { ...mirror.metadata, uid } })
}

describe('a topic that a client made', () => {
  test('becomes a Topic that says what it is, and that an API server takes', () => {
    const mirror = written(applyRecords(fromClient, [retention]))
    expect(mirror).toMatchObject({
      metadata: { name: 'orders', namespace: 'shop', labels: { 'kavka.dev/origin': 'kafka' } },
      spec: {
        clusterRef: { name: 'demo' },
        partitions: 2,
        replicationFactor: 1,
        config: { 'retention.ms': '1000' },
      },
    })
    expect(checkResource(Topic, mirror)).toEqual([])
    expect(isMirror(mirror, place.uid)).toBe(true)
  })

  test('has the uid of its Topic written into the metadata log, once', () => {
    const found = written()
    expect(plan(fromClient, found)).toEqual({ type: 'record', uid: 'uid-of-mirror' })
    const { records } = mirrorTopic(fromClient, { topicId, resourceUid: 'uid-of-mirror' })
    expect(plan(applyRecords(fromClient, records), found)).toEqual({ type: 'nothing' })
  })

  test('is shown as it is after a client has changed it', () => {
    const found = written()
    const { records } = mirrorTopic(fromClient, { topicId, resourceUid: 'uid-of-mirror' })
    const changed = applyRecords(fromClient, [...records, retention])
    expect(plan(changed, found)).toMatchObject({
      type: 'update',
      mirror: { spec: { config: { 'retention.ms': '1000' } } },
    })
  })

  test('gets no other Topic where the one in the log is gone: it was deleted, or nobody knows', () => {
    const { records } = mirrorTopic(fromClient, { topicId, resourceUid: 'uid-of-mirror' })
    expect(plan(applyRecords(fromClient, records))).toEqual({ type: 'nothing' })
  })

  test('is left to its Topic from when somebody has edited that', () => {
    const found = written()
    const edited = { ...found, spec: { ...found.spec, partitions: 5 } }
    expect(isMirror(edited, place.uid)).toBe(false)
    expect(plan(fromClient, edited)).toEqual({ type: 'nothing' })
  })

  test('that is applied to another cluster is wanted there', () => {
    expect(isMirror(written(), 'uid-of-another')).toBe(false)
  })

  test('is not taken from who has applied a Topic of its name', () => {
    const applied = readResource(Topic, {
      apiVersion: 'kavka.dev/v1alpha1',
      kind: 'Topic',
      metadata: { name: 'orders', namespace: 'shop', uid: 'mine' },
      spec: { clusterRef: { name: 'demo' }, partitions: 2 },
    })
    expect(isMirror(applied, place.uid)).toBe(false)
    expect(plan(fromClient, applied)).toEqual({ type: 'nothing' })
  })
})

test('a topic of a resource needs none', () => {
  const { records } = ownTopic(fromClient, { topicId, resourceUid: 'mine' })
  expect(plan(applyRecords(fromClient, records))).toEqual({ type: 'nothing' })
})
