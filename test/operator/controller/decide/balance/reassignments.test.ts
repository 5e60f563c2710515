import { expect, test } from 'vitest'
import { applyRecords } from '../../../../../broker/metadata/apply.ts'
import { type MetadataImage, topicNamed } from '../../../../../broker/metadata/image.ts'
import { planMoves } from '../../../../../operator/controller/decide/balance/plan-moves.ts'
import { reassignments } from '../../../../../operator/controller/decide/balance/reassignments.ts'
import { alterPartition } from '../../../../../operator/controller/decide/partition/alter-partition.ts'
import { isMoving } from '../../../../../operator/controller/decide/partition/reassignment.ts'
import { reassignPartitions } from '../../../../../operator/controller/decide/reassign-partitions.ts'
import { brokers, imageOf, members, planFor, spots } from './support.ts'

const brokerConfig = new Map<string, string>()

/** The image once all replicas of the partitions that move are in sync. */
function arrived(image: MetadataImage): MetadataImage {
  for (const { id: topicId, partitions } of image.topics.values()) {
    for (let partitionIndex = 0; partitionIndex < partitions.count; partitionIndex++) {
      const partition = partitions.at(partitionIndex)
      if (!isMoving(partition)) continue
      const { leader, leaderEpoch, partitionEpoch, replicas } = partition
      const newIsrWithEpochs = replicas.map((brokerId) => ({
        brokerId,
        brokerEpoch: 100 + brokerId,
      }))
      const asked = { partitionIndex, leaderEpoch, partitionEpoch, leaderRecoveryState: 0 }
      const topics = [{ topicId, partitions: [{ ...asked, newIsr: [], newIsrWithEpochs }] }]
      const request = { brokerId: leader, brokerEpoch: 100 + leader, topics }
      return arrived(applyRecords(image, alterPartition(image, request, brokerConfig).records))
    }
  }
  return image
}

test('the wishes of a plan, one after another has arrived, carry it out', () => {
  const cluster = members({ 1: 'a', 2: 'b', 3: 'c', 4: 'a', 5: 'b' }, { 2: 'leaving' })
  const partitions = [
    ...spots('t', [1, 2, 3], [2, 3, 1], [3, 1, 2], [1, 2, 3]),
    ...spots('u', [1], [2], [1], [3, 1]),
  ]
  const rules = { isLeaving: (id: number) => id === 2 }
  let image = imageOf(cluster, partitions)
  const plan = planMoves(image, rules)
  for (const request of reassignments(plan, 2)) {
    const context = { ...rules, brokerConfig }
    const { records, response } = reassignPartitions(image, request, context)
    const codes = response.responses.flatMap(({ partitions }) => partitions)
    expect(codes.every(({ errorCode }) => errorCode === 0)).toBe(true)
    image = arrived(applyRecords(image, records))
  }
  for (const { name, partition, to } of plan.moves) {
    expect(topicNamed(image, name)?.partitions.at(partition).replicas).toEqual(to)
  }
  expect(planMoves(image, rules).moves).toEqual([])
})

test('a wish has so many partitions at most, in the order of the plan, by topic', () => {
  const partitions = [...spots('t', [1], [1], [1], [1]), ...spots('u', [1], [1])]
  const plan = planFor(brokers(1, 2), partitions)
  const requests = reassignments(plan, 2)
  const sizes = requests.map(({ topics }) => topics.flatMap(({ partitions }) => partitions).length)
  expect(sizes).toEqual([2, 1])
  const named = requests.flatMap(({ topics }) => {
    return topics.flatMap(({ name, partitions }) => {
      return partitions.map(({ partitionIndex, replicas }) => ({ name, partitionIndex, replicas }))
    })
  })
  expect(named).toEqual(
    plan.moves.map(({ name, partition, to }) => ({
      name,
      partitionIndex: partition,
      replicas: to,
    })),
  )
})

test('the number of replicas is not to change', () => {
  const [request] = reassignments(planFor(brokers(1, 2), spots('t', [1], [1])), 10)
  expect(request?.allowReplicationFactorChange).toBe(false)
})

test('a plan without moves has no wish', () => {
  expect(reassignments({ moves: [] }, 10)).toEqual([])
})
