import { expect, test } from 'vitest'
import { applyRecords } from '../../../../broker/metadata/apply.ts'
import { type MetadataImage, topicNamed } from '../../../../broker/metadata/image.ts'
import { metadataRecord } from '../../../../broker/metadata/records.ts'
import { errorCodes } from '../../../../broker/protocol/generated/error-codes.ts'
import type { IsLeaving } from '../../../../operator/controller/decide/placement.ts'
import { isOfSize, resizeTopic } from '../../../../operator/controller/decide/resize-topic.ts'
import { uuid } from '../../../broker/metadata/support.ts'
import { broker, clusterOf, topic } from './support.ts'

const topicId = uuid(10)

function made(partitions: readonly (readonly number[])[], brokers = [0, 1, 2, 3]): MetadataImage {
  return applyRecords(clusterOf(...brokers), topic('orders', topicId, partitions))
}

function inRacks(image: MetadataImage, racks: readonly string[]): MetadataImage {
  const registered = racks.flatMap((rack, id) => {
    return broker(id).map((record) => ({ ...record, rack, brokerEpoch: 200 + id }))
  })
  return applyRecords(image, registered)
}

function resized(
  image: MetadataImage,
  replicationFactor: number,
  isLeaving: IsLeaving = () => false,
) {
  const about = { name: 'orders', replicationFactor }
  const { records, response } = resizeTopic(image, about, { isLeaving, brokerConfig: new Map() })
  const after = applyRecords(image, records)
  const found = topicNamed(after, 'orders')
  if (found === undefined) throw new Error('it is gone')
  const partitions = Array.from({ length: found.partitions.count }, (_, at) =>
    found.partitions.at(at),
  )
  return { response, records, after, partitions, isDone: isOfSize(found, replicationFactor) }
}

test('replicas are added where there are fewest; those that are there stay, and lead', () => {
  const { partitions, response, isDone } = resized(made([[0], [1], [2], [3]]), 2)
  expect(response).toMatchObject({ errorCode: 0 })
  expect(partitions.map(({ replicas: [first] }) => first)).toEqual([0, 1, 2, 3])
  const added = partitions.flatMap(({ addingReplicas }) => addingReplicas)
  expect(added.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3])
  expect(partitions.map(({ isr, leader }) => [isr, leader])).toEqual([
    [[0], 0],
    [[1], 1],
    [[2], 2],
    [[3], 3],
  ])
  expect(isDone).toBe(true)
})

test('what is on its way already is not asked for again', () => {
  const { after } = resized(made([[0], [1]]), 3)
  expect(resized(after, 3).records).toEqual([])
})

test('replicas are added in other racks as long as there are any', () => {
  const image = inRacks(made([[0]], [0, 1, 2, 3, 4]), ['a', 'a', 'a', 'b', 'c'])
  expect(resized(image, 3).partitions[0]?.replicas.toSorted((a, b) => a - b)).toEqual([0, 3, 4])
})

test('of fewer replicas the preferred leader stays, and those in sync before others', () => {
  const lagging = applyRecords(made([[0, 1, 2]]), [
    metadataRecord('PartitionChangeRecord', { topicId, partitionId: 0, isr: [0, 2] }),
  ])
  expect(resized(lagging, 2).partitions[0]).toMatchObject({
    replicas: [0, 2],
    isr: [0, 2],
    leader: 0,
    removingReplicas: [],
  })
  expect(resized(made([[0, 1, 2]]), 1).partitions[0]).toMatchObject({ replicas: [0], leader: 0 })
})

test('a preferred leader that is not in sync goes before one that is', () => {
  const behind = applyRecords(made([[0, 1]]), [
    metadataRecord('PartitionChangeRecord', { topicId, partitionId: 0, isr: [1], leader: 1 }),
  ])
  expect(resized(behind, 1).partitions[0]).toMatchObject({ replicas: [1], leader: 1 })
})

test('of fewer replicas those stay that are in different racks, and on brokers that have least', () => {
  const racks = ['a', 'b', 'b', 'c']
  expect(resized(inRacks(made([[0, 1, 2]]), racks), 2).partitions[0]?.replicas).toEqual([0, 1])
  const { partitions } = resized(
    made([
      [0, 1, 2],
      [1, 2, 0],
      [2, 0, 1],
    ]),
    2,
  )
  const ids = partitions.flatMap(({ replicas }) => replicas)
  expect([0, 1, 2].map((id) => ids.filter((one) => one === id).length)).toEqual([2, 2, 2])
})

test('one that was to go stays where there are to be more again: nothing is copied', () => {
  const going = applyRecords(made([[0, 1, 2]]), [
    metadataRecord('PartitionChangeRecord', {
      topicId,
      partitionId: 0,
      replicas: [0, 3, 1, 2],
      addingReplicas: [3],
      removingReplicas: [1, 2],
    }),
  ])
  const { partitions } = resized(going, 3)
  expect(partitions[0]?.replicas.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3])
  expect(partitions[0]?.removingReplicas).toHaveLength(1)
  expect(partitions[0]?.addingReplicas).toHaveLength(1)
})

test('a broker that is about to leave gets nothing, and is not counted on', () => {
  const { partitions } = resized(made([[0, 3]]), 3, (id) => id === 3)
  expect(partitions[0]).toMatchObject({ replicas: [0, 1, 2, 3], removingReplicas: [3] })
})

test('a broker that is away is given one where there are too few others', () => {
  const image = applyRecords(made([[0]], [0, 1]), broker(2, { fenced: true }))
  expect(resized(image, 3).partitions[0]?.replicas).toEqual([0, 1, 2])
  expect(resized(image, 2).partitions[0]?.replicas).toEqual([0, 1])
})

test('more than there are brokers is refused, and all stays as it is', () => {
  const { records, response } = resized(made([[0]], [0, 1]), 3)
  expect(records).toEqual([])
  expect(response).toMatchObject({
    errorCode: errorCodes.INVALID_REPLICATION_FACTOR,
    errorMessage: expect.stringContaining('only 2 broker(s) are registered'),
  })
})
