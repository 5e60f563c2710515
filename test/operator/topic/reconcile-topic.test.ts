import { expect, test } from 'vitest'
import { applyRecords } from '../../../broker/metadata/apply.ts'
import type { MetadataImage } from '../../../broker/metadata/image.ts'
import { metadataRecord } from '../../../broker/metadata/records.ts'
import { errorCodes } from '../../../broker/protocol/generated/error-codes.ts'
import {
  reconcileTopic,
  releaseTopic,
  type TopicControl,
} from '../../../operator/topic/reconcile-topic.ts'
import { uuid } from '../../broker/metadata/support.ts'
import { clusterOf, topic } from '../controller/decide/support.ts'
import { topicResource } from '../embedded/support.ts'

const mine = 'uid-of-mine'
const id = uuid(10)
const orders = topicResource('orders', { partitions: 2 })

/** `orders` with two partitions, of a resource. */
function ownedBy(resourceUid: string): MetadataImage {
  const owner = metadataRecord('TopicOwnerRecord', { topicId: id, origin: 0, resourceUid })
  return applyRecords(clusterOf(1), [...topic('orders', id, [1, 1]), owner])
}

/** Answers with one error and changes nothing; `asked` says what it was asked for. */
function refusing(image: MetadataImage, code: keyof typeof errorCodes) {
  const asked: string[] = []
  const refusal = { errorCode: errorCodes[code], errorMessage: 'no' }
  const answer = (what: string) => {
    asked.push(what)
    const all = [refusal]
    return Promise.resolve({ throttleTimeMs: 0, topics: all, results: all, responses: all })
  }
  const control = {
    image,
    createTopics: () => answer('createTopics'),
    createPartitions: () => answer('createPartitions'),
    incrementalAlterConfigs: () => answer('incrementalAlterConfigs'),
    deleteTopics: () => answer('deleteTopics'),
    ownTopic: () => answer('ownTopic'),
    disownTopic: () => answer('disownTopic'),
  } as unknown as TopicControl
  return { control, asked }
}

function reconcile(control: TopicControl, resource = orders) {
  return reconcileTopic(resource, mine, {
    control,
    isTaken: () => false,
    brokers: 3,
    did: () => {},
  })
}

test('what Kafka refuses is told by the name of its error, as Kubernetes writes reasons', async () => {
  const { control, asked } = refusing(clusterOf(), 'INVALID_REPLICATION_FACTOR')
  await expect(reconcile(control)).rejects.toMatchObject({
    name: 'ReconcileError',
    reason: 'InvalidReplicationFactor',
    message: 'no',
  })
  expect(asked).toEqual(['createTopics'])
})

test('what passes by itself is not the mistake of a resource', async () => {
  const { control } = refusing(clusterOf(), 'NOT_CONTROLLER')
  await expect(reconcile(control)).rejects.toMatchObject({
    name: 'KafkaError',
    code: 'NOT_CONTROLLER',
  })
})

test('a topic that is changed elsewhere all the time is given up for now', async () => {
  const image = ownedBy('uid-of-another')
  const { control, asked } = refusing(image, 'NONE') // it says yes, and nothing happens
  await expect(reconcile(control)).rejects.toMatchObject({ reason: 'Unstable' })
  expect(asked).toContain('ownTopic')
  expect(asked.length).toBeLessThan(30)
})

test('a topic that is as it should be is left alone', async () => {
  const { control, asked } = refusing(ownedBy(mine), 'NONE')
  expect((await reconcile(control)).id).toBe(id)
  expect(asked).toEqual([])
})

const release = (control: TopicControl, { resource = orders, isProtected = false } = {}) =>
  releaseTopic(resource, mine, { control, isProtected })

test('a resource that is gone takes only its own topic along', async () => {
  const others = [ownedBy('uid-of-another'), applyRecords(clusterOf(1), topic('orders', id, [1]))]
  for (const image of [clusterOf(1), ...others]) {
    const { control, asked } = refusing(image, 'NONE')
    expect(await release(control)).toBeUndefined()
    expect(asked).toEqual([])
  }
  const { control, asked } = refusing(ownedBy(mine), 'NONE')
  expect(await release(control)).toBe('deleted')
  expect(asked).toEqual(['deleteTopics'])
})

test('with Retain, or where nothing may be deleted, a topic stays as a client made it', async () => {
  const retained = topicResource('orders', { partitions: 2, deletionPolicy: 'Retain' })
  for (const how of [{ resource: retained }, { isProtected: true }]) {
    const { control, asked } = refusing(ownedBy(mine), 'NONE')
    expect(await release(control, how)).toBe('kept')
    expect(asked).toEqual(['disownTopic'])
  }
})

test('a deletion that fails is tried again, not forgotten', async () => {
  const { control } = refusing(ownedBy(mine), 'NOT_CONTROLLER')
  await expect(release(control)).rejects.toMatchObject({ code: 'NOT_CONTROLLER' })
})
