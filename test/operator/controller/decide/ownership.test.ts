import { expect, test } from 'vitest'
import { applyRecords } from '../../../../broker/metadata/apply.ts'
import { topicNamed } from '../../../../broker/metadata/image.ts'
import { createPartitions } from '../../../../operator/controller/decide/create-partitions.ts'
import { deleteTopics } from '../../../../operator/controller/decide/delete-topics.ts'
import { incrementalAlterConfigs } from '../../../../operator/controller/decide/incremental-alter-configs.ts'
import { disownTopic, ownTopic } from '../../../../operator/controller/decide/own-topic.ts'
import { unregisterBroker } from '../../../../operator/controller/decide/unregister-broker.ts'
import { uuid } from '../../../broker/metadata/support.ts'
import { broker, chance, clusterOf, kafkaError, topic } from './support.ts'

const topicId = uuid(10)
const image = applyRecords(clusterOf(1, 2), topic('orders', topicId, [1]))
const mine = { topicId, resourceUid: 'mine' }
const owned = applyRecords(image, ownTopic(image, mine).records)

test('a topic that nobody owns becomes that of a resource, once', () => {
  expect(topicNamed(owned, 'orders')?.owner).toEqual({ origin: 'resource', resourceUid: 'mine' })
  expect(ownTopic(owned, mine).records).toEqual([])
})

test('a topic of another resource is not taken', () => {
  expect(() => ownTopic(owned, { topicId, resourceUid: 'other' })).toThrow(
    expect.objectContaining(kafkaError('POLICY_VIOLATION')),
  )
  expect(disownTopic(owned, { topicId, resourceUid: 'other' }).records).toEqual([])
})

test('a topic whose resource is gone is as if clients had made it', () => {
  const { records } = disownTopic(owned, mine)
  const owner = topicNamed(applyRecords(owned, records), 'orders')?.owner
  expect(owner).toEqual({ origin: 'protocol', resourceUid: mine.resourceUid })
})

test('what a resource states is not changed over the protocol, and the resource is named', () => {
  const config = { name: 'retention.ms', configOperation: 0, value: '1' }
  const resource = { resourceType: 2, resourceName: 'orders', configs: [config] }
  const answers = [
    incrementalAlterConfigs(owned, { resources: [resource], validateOnly: false }, 'protocol')
      .response.responses[0],
    createPartitions(
      owned,
      { topics: [{ name: 'orders', count: 5, assignments: null }], validateOnly: false },
      { random: chance(1), by: 'protocol', isLeaving: () => false },
    ).response.results[0],
    deleteTopics(
      owned,
      { topics: [], topicNames: ['orders'] },
      { by: 'protocol', brokerConfig: new Map() },
    ).response.responses?.[0],
  ]
  for (const answer of answers) {
    expect(answer?.errorCode).toBe(44)
    expect(answer?.errorMessage).toContain('uid mine')
  }
})

test('a broker that is fenced and has no replica is forgotten', () => {
  const fenced = applyRecords(clusterOf(1), broker(2, { fenced: true }))
  const { records } = unregisterBroker(fenced, 2)
  expect(applyRecords(fenced, records).brokers.has(2)).toBe(false)
  expect(unregisterBroker(fenced, 7).records).toEqual([])
})

const fencedWithReplica = applyRecords(clusterOf(2), [
  ...broker(1, { fenced: true }),
  ...topic('orders', topicId, [1]),
])

test.each([
  ['is there', image, 2],
  ['has a replica', fencedWithReplica, 1],
])('a broker that %s is not forgotten', (_, before, id) => {
  expect(() => unregisterBroker(before, id)).toThrow(
    expect.objectContaining(kafkaError('INVALID_REQUEST')),
  )
})
