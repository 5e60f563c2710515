import { expect, test } from 'vitest'
import { commonVersions } from '../../../cli/client/versions.ts'

const ofGroups = {
  8: [2, 9],
  9: [2, 7],
  10: [0, 3],
  11: [1, 9],
  12: [0, 4],
  13: [0, 2],
  14: [0, 5],
}
const ours = { 0: [3, 12], 1: [4, 12], 2: [2, 9], 3: [4, 12], 22: [0, 5], ...ofGroups }

test('of each API the newest version is used that both sides speak', () => {
  const newer = keysOf({ ...ours, 0: [0, 99], 1: [4, 7] })

  expect(commonVersions(newer)).toMatchObject({ Produce: 12, Fetch: 7 })
})

test.each([
  ['is too old', { ...ours, 1: [0, 3] }, '0 to 3'],
  ['is too new', { ...ours, 1: [13, 18] }, '13 to 18'],
  ['does not have an API', { ...ours, 1: undefined }, 'none'],
])('a broker that %s is refused, with both ranges', (_, keys, range) => {
  const message = `the broker speaks ${range} of the versions of Fetch; 4 to 12 would do`

  expect(() => commonVersions(keysOf(keys))).toThrow(message)
})

function keysOf(ranges: Record<number, number[] | undefined>) {
  const apiKeys = Object.entries(ranges).flatMap(([apiKey, range]) => {
    const [minVersion = 0, maxVersion = 0] = range ?? []
    return range === undefined ? [] : [{ apiKey: Number(apiKey), minVersion, maxVersion }]
  })
  return { apiKeys }
}
