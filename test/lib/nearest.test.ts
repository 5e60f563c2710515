import { expect, test } from 'vitest'
import { nearest } from '../../lib/nearest.ts'

const known = ['partitions', 'replicationFactor', 'retention.ms', 'retention.bytes']

test.each([
  ['partition', 'partitions'],
  ['paritions', 'partitions'],
  ['patritions', 'partitions'],
  ['replicationfactor', 'replicationFactor'],
  ['retention.sm', 'retention.ms'],
])('%s is probably meant to be %s', (name, meant) => {
  expect(nearest(name, known)).toBe(meant)
})

test('a name that is like none is left alone', () => {
  expect(nearest('colour', known)).toBeUndefined()
  expect(nearest('', known)).toBeUndefined()
  expect(nearest('x', [])).toBeUndefined()
})

test('of two the nearer one is meant', () => {
  expect(nearest('retention.byte', known)).toBe('retention.bytes')
})
