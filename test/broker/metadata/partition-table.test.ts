import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  noPartitions,
  type PartitionImage,
  type PartitionTable,
} from '../../../broker/metadata/partition-table.ts'

const int32 = fc.integer({ min: -1, max: 2 ** 31 - 1 })
const ids = fc.array(int32, { maxLength: 6 })
const seldom = fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, ids)
const partition: fc.Arbitrary<PartitionImage> = fc.record({
  replicas: ids,
  isr: ids,
  elr: seldom,
  lastKnownElr: seldom,
  addingReplicas: seldom,
  removingReplicas: seldom,
  leader: int32,
  leaderEpoch: int32,
  partitionEpoch: int32,
  leaderRecoveryState: fc.constantFrom('RECOVERED', 'RECOVERING'),
})
const change = fc.record({ at: fc.nat({ max: 9 }), partition })

test('every version of a table agrees with a plain array, for ever', () => {
  fc.assert(
    fc.property(fc.array(fc.array(change, { maxLength: 6 }), { maxLength: 8 }), (batches) => {
      const versions: { table: PartitionTable; model: PartitionImage[] }[] = [
        { table: noPartitions, model: [] },
      ]
      for (const batch of batches) {
        const last = versions.at(-1) as (typeof versions)[number]
        const model = [...last.model]
        const edit = last.table.edit()
        for (const { at, partition } of batch) {
          const index = Math.min(at, model.length)
          model[index] = partition
          edit.set(index, partition)
          expect(edit.at(index)).toEqual(partition)
        }
        versions.push({ table: edit.finish(), model })
      }
      for (const { table, model } of versions) {
        expect(table.count).toBe(model.length)
        for (const [index, partition] of model.entries()) {
          expect(table.at(index)).toEqual(partition)
          expect(table.leader(index)).toBe(partition.leader)
          expect(table.leaderEpoch(index)).toBe(partition.leaderEpoch)
          expect(table.partitionEpoch(index)).toBe(partition.partitionEpoch)
          for (const id of [...partition.replicas, 77]) {
            expect(table.hasReplica(index, id)).toBe(partition.replicas.includes(id))
          }
        }
        for (const other of versions) {
          const differing = Array.from({ length: Math.max(model.length, other.model.length) })
            .map((_, index) => index)
            .filter((i) => JSON.stringify(model[i]) !== JSON.stringify(other.model[i]))
          expect(table.differences(other.table)).toEqual(differing)
        }
      }
    }),
    { seed: 2, numRuns: 200 },
  )
})

test('more replicas than a row can count are refused', () => {
  const one = { ...noPartitionImage(), replicas: Array.from({ length: 4_096 }, (_, id) => id) }
  expect(() => noPartitions.edit().set(0, one)).toThrow(
    expect.objectContaining({ problem: 'Inconsistent' }),
  )
})

function noPartitionImage(): PartitionImage {
  const [sample] = fc.sample(partition, { numRuns: 1, seed: 1 })
  return sample as PartitionImage
}
