import { expect, test } from 'vitest'
import {
  leftoverName,
  parseLeftoverName,
  parsePartitionName,
  partitionName,
} from '../../../../broker/log/data-directory/partition-name.ts'

const id = 'AAAAAAAAAAAAAAAAAAAAAQ'

test.each([
  { topic: 'orders', partition: 0 },
  { topic: 'a.b_c-7', partition: 2_147_483_647 },
  { topic: 'x.y-delete', partition: 3 },
])('$topic, $partition is found in the name of its directory', (partition) => {
  expect(parsePartitionName(partitionName(partition))).toEqual(partition)
})

test.each([
  'orders',
  'orders-',
  'orders-01',
  'orders-2147483648',
  '..-0',
  'lost+found-1',
  `orders-0.${id}-delete`,
  'orders-0.b2cbd0e1a8a5442c8a8ac4d2f4e1d9b1-future',
  'recovery-point-offset-checkpoint',
])('%s is no directory of a partition', (name) => {
  expect(parsePartitionName(name)).toBeUndefined()
})

test.each(['stray', 'delete'] as const)('a directory is told to be a %s by its name', (kind) => {
  const directory = leftoverName({ topic: 'a.b-1.c', partition: 12 }, { id, kind })
  expect(directory).toBe(`a.b-1.c-12.${id}-${kind}`)
  expect(parseLeftoverName(directory)).toEqual({ directory, kind, id })
})

test('the name of a topic is cut off where a file system would not take it', () => {
  const directory = leftoverName({ topic: 'x'.repeat(249), partition: 12 }, { id, kind: 'delete' })
  expect(directory.length).toBe(255)
  expect(parseLeftoverName(directory)?.id).toBe(id)
})

test('the names that Kafka gives are known', () => {
  const theirs = 'orders-0.b2cbd0e1a8a5442c8a8ac4d2f4e1d9b1-delete'
  expect(parseLeftoverName(theirs)?.kind).toBe('delete')
  expect(parseLeftoverName('orders-0')).toBeUndefined()
})
