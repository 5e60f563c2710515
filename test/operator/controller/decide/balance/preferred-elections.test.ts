import fc from 'fast-check'
import { expect, test } from 'vitest'
import { applyRecords } from '../../../../../broker/metadata/apply.ts'
import type { MetadataImage } from '../../../../../broker/metadata/image.ts'
import { metadataRecord } from '../../../../../broker/metadata/records.ts'
import { preferredElections } from '../../../../../operator/controller/decide/balance/preferred-elections.ts'
import { electLeaders } from '../../../../../operator/controller/decide/elect-leaders.ts'
import { uuid } from '../../../../broker/metadata/support.ts'
import { effort } from '../../../../support/effort.ts'
import { anyCluster, imageOf, members, type Role, spots } from './support.ts'

const nobodyLeaves = { isLeaving: () => false }
const topicId = uuid(10_001)

/** Partition 0 of t1, with replicas on brokers 1 and 2. */
function partitionWith(
  change: { leader: number; isr: number[] },
  roles: Record<number, Role> = {},
) {
  const image = imageOf(members({ 1: null, 2: null }, roles), spots('t1', [1, 2]))
  const record = metadataRecord('PartitionChangeRecord', { topicId, partitionId: 0, ...change })
  return applyRecords(image, [record])
}

test('who is preferred and in sync is to lead again', () => {
  const elections = preferredElections(partitionWith({ leader: 2, isr: [2, 1] }), nobodyLeaves)
  expect(elections).toEqual([{ topicId, name: 't1', partition: 0, from: 2, to: 1 }])
})

test.each<[string, MetadataImage]>([
  ['leads already', partitionWith({ leader: 1, isr: [1, 2] })],
  ['is not in sync', partitionWith({ leader: 2, isr: [2] })],
  ['is not there', partitionWith({ leader: 2, isr: [2, 1] }, { 1: 'fenced' })],
])('nobody is elected where who is preferred %s', (_, image) => {
  expect(preferredElections(image, nobodyLeaves)).toEqual([])
})

test('who is about to leave is not to lead again', () => {
  const image = partitionWith({ leader: 2, isr: [2, 1] })
  expect(preferredElections(image, { isLeaving: (id) => id === 1 })).toEqual([])
})

test('they are those that a request for all preferred elections changes', () => {
  const clusters = anyCluster({ brokers: 5, partitions: 12, racks: 0, roles: ['usual', 'fenced'] })
  const property = fc.property(clusters, fc.infiniteStream(fc.nat()), (given, chance) => {
    const image = led(imageOf(given.cluster, given.partitions), () => chance.next().value)
    const planned = preferredElections(image, nobodyLeaves).map(({ name, partition, from, to }) => {
      expect(from).not.toBe(to)
      return `${name}-${partition}`
    })
    const request = { electionType: 0, topicPartitions: null }
    const { response } = electLeaders(image, request, new Map())
    const elected = response.replicaElectionResults.flatMap(({ topic, partitionResult }) => {
      const fine = partitionResult.filter(({ errorCode }) => errorCode === 0)
      return fine.map(({ partitionId }) => `${topic}-${partitionId}`)
    })
    expect(planned.toSorted()).toEqual(elected.toSorted())
  })
  fc.assert(property, { numRuns: effort(200, 2_000) })
})

/** Each partition led by one of its replicas that is there, with some of them in sync. */
function led(image: MetadataImage, next: () => number): MetadataImage {
  const records = [...image.topics.values()].flatMap(({ id, partitions }) => {
    return Array.from({ length: partitions.count }, (_, partitionId) => {
      const { replicas } = partitions.at(partitionId)
      const alive = replicas.filter((brokerId) => image.brokers.get(brokerId)?.fenced === false)
      const leader = alive[next() % alive.length] ?? -1
      const isr = replicas.filter((brokerId) => brokerId === leader || next() % 2 === 0)
      return metadataRecord('PartitionChangeRecord', { topicId: id, partitionId, leader, isr })
    })
  })
  return applyRecords(image, records)
}
