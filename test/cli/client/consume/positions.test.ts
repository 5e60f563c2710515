import { expect, test } from 'vitest'
import { Positions, type Start } from '../../../../cli/client/consume/positions.ts'

const range = { earliest: 10, latest: 20 }

test.each([
  ['earliest', 10],
  ['latest', 20],
  [10, 10],
  [20, 20],
] as const)('a partition is begun at %s', (start, offset) => {
  expect(placed(start)).toBe(offset)
})

test.each([9, 21])('an offset that is asked for and not there is an error: %i', (start) => {
  expect(() => placed(start)).toThrow(`partition 0 has offsets 10 to 20, not ${start}`)
})

test('a partition that comes later is read from its beginning: all in it is new', () => {
  const positions = new Positions('latest', [0])
  positions.place(1, range)

  expect(positions.of(1)).toBe(10)
})

test.each([
  [5, 10],
  [25, 20],
  [15, 15],
])('where offset %i was lost, the nearest is taken: %i', (offset, nearest) => {
  const positions = new Positions('latest', [0])
  positions.moveTo(0, offset)
  positions.lose(0)
  expect(positions.of(0)).toBeUndefined()

  positions.place(0, range)
  expect(positions.of(0)).toBe(nearest)
})

function placed(start: Start): number | undefined {
  const positions = new Positions(start, [0])
  positions.place(0, range)
  return positions.of(0)
}
