import { describe, expect, test } from 'vitest'
import { applyRecords } from '../../../broker/metadata/apply.ts'
import {
  configOf,
  emptyImage,
  maxRemovedTopics,
  partitionOf,
  topicNamed,
} from '../../../broker/metadata/image.ts'
import { type MetadataRecord, metadataRecord } from '../../../broker/metadata/records.ts'
import { metadataError, topicOf, uuid } from './support.ts'

const id = uuid(1)
const start = applyRecords(emptyImage, topicOf('orders', id, 2))
const change = (fields: Omit<Partial<MetadataRecord<'PartitionChangeRecord'>>, 'type'>) =>
  metadataRecord('PartitionChangeRecord', { topicId: id, partitionId: 1, ...fields })
const after = (...records: MetadataRecord[]) => applyRecords(start, records)
const changed = (...records: MetadataRecord[]) =>
  partitionOf(after(...records), { topicId: id, partition: 1 })

test('a topic is found by its name and by its id', () => {
  expect(topicNamed(start, 'orders')).toBe(start.topics.get(id))
  expect(topicNamed(start, 'orders')).toMatchObject({ id, name: 'orders', owner: undefined })
  expect(topicNamed(start, 'other')).toBeUndefined()
  expect(partitionOf(start, { topicId: id, partition: 2 })).toBeUndefined()
  expect(partitionOf(start, { topicId: uuid(9), partition: 0 })).toBeUndefined()
})

describe('a change of a partition', () => {
  test('keeps what it does not speak of, and raises the partition epoch', () => {
    expect(changed(change({}))).toMatchObject({
      replicas: [1, 2, 3],
      isr: [1, 2, 3],
      leader: 1,
      leaderEpoch: 5,
      partitionEpoch: 8,
    })
    expect(changed(change({ isr: [1] }))).toMatchObject({ isr: [1], leader: 1, leaderEpoch: 5 })
  })

  test('raises the leader epoch where it names a leader: another, the same or none', () => {
    for (const leader of [2, 1, -1]) {
      expect(changed(change({ leader }))).toMatchObject({ leader, leaderEpoch: 6 })
    }
  })

  test('is of one partition only', () => {
    const image = after(change({ leader: 2 }))
    expect(partitionOf(image, { topicId: id, partition: 0 })).toEqual(
      partitionOf(start, { topicId: id, partition: 0 }),
    )
  })

  test('may come again and again in one batch', () => {
    expect(
      changed(change({ leader: 2 }), change({ isr: [2] }), change({ leader: 3 })),
    ).toMatchObject({ leader: 3, leaderEpoch: 7, partitionEpoch: 10, isr: [2] })
  })

  test('sets and takes back what is seldom there', () => {
    const lists = { eligibleLeaderReplicas: [3], lastKnownElr: [2], addingReplicas: [9] }
    const set = change({ ...lists, removingReplicas: [1], leaderRecoveryState: 1 })
    expect(changed(set)).toMatchObject({
      elr: [3],
      lastKnownElr: [2],
      addingReplicas: [9],
      removingReplicas: [1],
      leaderRecoveryState: 'RECOVERING',
    })
    expect(changed(set, change({}))).toMatchObject({ elr: [3], leaderRecoveryState: 'RECOVERING' })
    const back = { eligibleLeaderReplicas: [], lastKnownElr: [], addingReplicas: [] }
    expect(
      changed(set, change({ ...back, removingReplicas: [], leaderRecoveryState: 0 })),
    ).toMatchObject({ elr: [], addingReplicas: [], leaderRecoveryState: 'RECOVERED' })
  })

  test('leaves the image it was applied to as it was', () => {
    after(change({ leader: 2 }))
    expect(partitionOf(start, { topicId: id, partition: 1 })).toMatchObject({ leader: 1 })
  })
})

describe('a topic that is removed', () => {
  const config = metadataRecord('ConfigRecord', {
    resourceType: 2,
    resourceName: 'orders',
    name: 'retention.ms',
    value: '1',
  })
  const removed = after(config, metadataRecord('RemoveTopicRecord', { topicId: id }))

  test('is gone with its settings', () => {
    expect(topicNamed(removed, 'orders')).toBeUndefined()
    expect(removed.topics.size).toBe(0)
    expect(configOf(after(config), { type: 2, name: 'orders' }).get('retention.ms')).toBe('1')
    expect(configOf(removed, { type: 2, name: 'orders' }).size).toBe(0)
  })

  test('is remembered with its highest leader epoch', () => {
    expect(removed.removedTopics).toEqual([{ id, name: 'orders', leaderEpoch: 5 }])
    const elected = after(
      change({ leader: 2 }),
      metadataRecord('RemoveTopicRecord', { topicId: id }),
    )
    expect(elected.removedTopics).toEqual([{ id, name: 'orders', leaderEpoch: 6 }])
  })

  test('can be made again under its name, with another id', () => {
    const again = applyRecords(removed, topicOf('orders', uuid(2)))
    expect(topicNamed(again, 'orders')?.id).toBe(uuid(2))
    expect(again.removedTopics).toHaveLength(1)
  })

  test('is forgotten behind many that were removed later', () => {
    const records = Array.from({ length: maxRemovedTopics }, (_, number) => [
      metadataRecord('TopicRecord', { name: `t${number}`, topicId: uuid(100 + number) }),
      metadataRecord('RemoveTopicRecord', { topicId: uuid(100 + number) }),
    ]).flat()
    const { removedTopics } = applyRecords(removed, records)
    expect(removedTopics).toHaveLength(maxRemovedTopics)
    expect(removedTopics[0]).toMatchObject({ name: 't0' })
  })
})

test('the owner of a topic is what was said last', () => {
  const owner = (origin: number, resourceUid: string | null) =>
    metadataRecord('TopicOwnerRecord', { topicId: id, origin, resourceUid })
  const byProtocol = after(owner(1, null))
  expect(byProtocol.topics.get(id)?.owner).toEqual({ origin: 'protocol', resourceUid: null })
  const made = applyRecords(byProtocol, [owner(1, 'uid-1')])
  expect(made.topics.get(id)?.owner).toEqual({ origin: 'protocol', resourceUid: 'uid-1' })
  expect(after(owner(0, 'a')).topics.get(id)?.owner?.origin).toBe('resource')
})

test.each<[string, MetadataRecord]>([
  ['a topic with an id that is there', metadataRecord('TopicRecord', { name: 'x', topicId: id })],
  ['a name that is taken', metadataRecord('TopicRecord', { name: 'orders', topicId: uuid(2) })],
  ['a partition of no topic', topicOf('x', uuid(2))[1] as MetadataRecord],
  ['a partition that is there', topicOf('x', id)[1] as MetadataRecord],
  ['a partition that leaves one out', { ...topicOf('x', id)[1], partitionId: 3 } as MetadataRecord],
  ['a change of no partition', change({ partitionId: 2 })],
  ['a change of no topic', change({ topicId: uuid(2) })],
  ['a recovery state that is not known', change({ leaderRecoveryState: 2 })],
  ['directories of replicas', change({ directories: [uuid(1)] })],
  ['a removal of no topic', metadataRecord('RemoveTopicRecord', { topicId: uuid(2) })],
  [
    'an origin that is not known',
    metadataRecord('TopicOwnerRecord', { topicId: id, origin: 3, resourceUid: null }),
  ],
])('%s cannot be in the log', (_, record) => {
  expect(() => after(record)).toThrow(metadataError('Inconsistent'))
})
