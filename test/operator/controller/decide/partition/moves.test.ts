import fc from 'fast-check'
import { expect, test } from 'vitest'
import { applyRecords } from '../../../../../broker/metadata/apply.ts'
import { type MetadataImage, partitionOf } from '../../../../../broker/metadata/image.ts'
import type { PartitionImage } from '../../../../../broker/metadata/partition-table.ts'
import { errorName } from '../../../../../broker/protocol/error-name.ts'
import { alterPartition } from '../../../../../operator/controller/decide/partition/alter-partition.ts'
import { isMoving } from '../../../../../operator/controller/decide/partition/reassignment.ts'
import { reassignPartitions } from '../../../../../operator/controller/decide/reassign-partitions.ts'
import { uuid } from '../../../../broker/metadata/support.ts'
import { clusterOf, topic } from '../support.ts'

const t = uuid(9)
const brokerConfig = new Map<string, string>()
const context = { isLeaving: () => false, brokerConfig }
const cluster = applyRecords(clusterOf(1, 2, 3, 4, 5), topic('t', t, [[1, 2, 3]]))

function partition(image: MetadataImage): PartitionImage {
  return partitionOf(image, { topicId: t, partition: 0 }) as PartitionImage
}

function sorted(ids: readonly number[]): number[] {
  return ids.toSorted((a, b) => a - b)
}

/** The image once the partition is to have those replicas; null takes a move back. */
function move(image: MetadataImage, replicas: number[] | null, { factorMayChange = true } = {}) {
  const topics = [{ name: 't', partitions: [{ partitionIndex: 0, replicas }] }]
  const request = { allowReplicationFactorChange: factorMayChange, topics }
  const { records, response } = reassignPartitions(image, request, context)
  const code = errorName(response.responses[0]?.partitions[0]?.errorCode ?? -1)
  return { code, image: applyRecords(image, records) }
}

/** The image once the leader has said who is in sync. */
function inSync(image: MetadataImage, isr: readonly number[]): MetadataImage {
  const { leader, leaderEpoch, partitionEpoch } = partition(image)
  const members = isr.map((brokerId) => ({ brokerId, brokerEpoch: 100 + brokerId }))
  const asked = { partitionIndex: 0, leaderEpoch, partitionEpoch, leaderRecoveryState: 0 }
  const partitions = [{ ...asked, newIsr: [], newIsrWithEpochs: members }]
  const request = { brokerId: leader, brokerEpoch: 100 + leader }
  const decided = alterPartition(
    image,
    { ...request, topics: [{ topicId: t, partitions }] },
    brokerConfig,
  )
  return applyRecords(image, decided.records)
}

test('a move adds new replicas, and takes the old ones away once the new ones are in sync', () => {
  const { code, image } = move(cluster, [4, 2, 3])
  const begun = { replicas: [4, 2, 3, 1], addingReplicas: [4], removingReplicas: [1], leader: 1 }
  expect({ code, ...partition(image) }).toMatchObject({ code: 'NONE', ...begun, leaderEpoch: 0 })
  const ended = partition(inSync(image, [1, 2, 3, 4]))
  expect(ended).toMatchObject({ replicas: [4, 2, 3], isr: [2, 3, 4], leader: 4, leaderEpoch: 1 })
  expect(isMoving(ended)).toBe(false)
})

test('more replicas are added in the same way, and fewer go at once', () => {
  const more = move(cluster, [1, 2, 3, 4]).image
  expect(partition(more)).toMatchObject({ replicas: [1, 2, 3, 4], addingReplicas: [4] })
  expect(partition(inSync(more, [1, 2, 3, 4]))).toMatchObject({ leader: 1, leaderEpoch: 0 })
  const fewer = partition(move(cluster, [2]).image)
  expect(fewer).toMatchObject({ replicas: [2], isr: [2], leader: 2, leaderEpoch: 1 })
})

test('a move that is taken back leaves what was there', () => {
  const moving = inSync(move(cluster, [4, 5, 3]).image, [1, 2, 3, 4])
  const { code, image } = move(moving, null)
  expect(code).toBe('NONE')
  const back = partition(image)
  expect(sorted(back.replicas)).toEqual([1, 2, 3])
  expect(back).toMatchObject({
    isr: [1, 2, 3],
    leader: 1,
    addingReplicas: [],
    removingReplicas: [],
  })
  expect(move(image, null).code).toBe('NO_REASSIGNMENT_IN_PROGRESS')
})

test('one that is under way may be sent elsewhere', () => {
  const elsewhere = partition(move(move(cluster, [4, 2, 3]).image, [5, 2, 3]).image)
  expect(elsewhere).toMatchObject({ replicas: [5, 2, 3, 4, 1], addingReplicas: [5] })
  expect(sorted(elsewhere.removingReplicas)).toEqual([1, 4])
})

test('the number of replicas changes only where that may be', () => {
  expect(move(cluster, [1, 2], { factorMayChange: false }).code).toBe('INVALID_REPLICATION_FACTOR')
  expect(move(cluster, [1, 2, 4], { factorMayChange: false }).code).toBe('NONE')
})

test('whatever is asked in whatever order, a move ends where it was last sent', () => {
  const target = fc.uniqueArray(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 5 })
  fc.assert(
    fc.property(fc.array(fc.option(target), { maxLength: 6 }), target, (before, last) => {
      let image = cluster
      for (const replicas of before) image = move(image, replicas).image
      image = move(image, last).image
      const { replicas, leader } = partition(image)
      expect(replicas).toContain(leader)
      image = inSync(image, replicas)
      const now = partition(image)
      expect(now.replicas).toEqual(last)
      expect(sorted(now.isr)).toEqual(sorted(last))
      expect(last).toContain(now.leader)
      expect(isMoving(now)).toBe(false)
    }),
    { numRuns: 500 },
  )
})
