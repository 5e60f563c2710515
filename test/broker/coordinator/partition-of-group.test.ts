import { expect, test } from 'vitest'
import { partitionOfGroup } from '../../../broker/coordinator/partition-of-group.ts'

test.each([
  ['', 0],
  ['hello', 22], // Java: 99162322
  ['a-group', 29],
  ['Aa', 12], // 2112, as is BB
  ['BB', 12],
  ['gruppe-äöü-€', 29],
  ['😀', 49],
  ['polygenelubricants', 0], // the least int
])('%j has the partition of 50 that Kafka gives it', (group, partition) => {
  expect(partitionOfGroup(group, 50)).toBe(partition)
})
