import { expect, test } from 'vitest'
import { never } from '../../../broker/replica/leader-state.ts'
import { readReplica } from '../../../broker/replica/read-replica.ts'

/** Brokers 2 and 3 follow, as far as the leader knows: the first has more. */
function follower({ logStartOffset = 0, logEndOffset = 10, lastCaughtUpMs = never } = {}) {
  const about = { brokerEpoch: 1, lastFetchMs: 0, seenMs: 0, leaderEndOffset: 15 }
  return { ...about, logStartOffset, logEndOffset, lastCaughtUpMs }
}

function chosen(
  followers: [number, ReturnType<typeof follower>][],
  { isr = [1, 2, 3], among = [2, 3], fetchOffset = 5 } = {},
) {
  const wanted = { fetchOffset, among: new Set(among) }
  return readReplica({ isr, followers: new Map(followers) }, wanted)
}

const both: [number, ReturnType<typeof follower>][] = [
  [2, follower({ logEndOffset: 12 })],
  [3, follower()],
]

test('of those that come into question the one with the most is read from', () => {
  expect(chosen(both)).toBe(2)
  expect(chosen(both, { among: [3] })).toBe(3)
  expect(chosen(both, { among: [1, 7] })).toBeUndefined()
})

test('of equals the one that was up to date later, then the one with the higher id', () => {
  const late: typeof both = [
    [2, follower({ lastCaughtUpMs: 9 })],
    [3, follower({ lastCaughtUpMs: 8 })],
  ]
  expect(chosen(late)).toBe(2)
  expect(
    chosen([
      [3, follower()],
      [2, follower()],
    ]),
  ).toBe(3)
})

test('one that is not in sync is not read from', () => {
  expect(chosen(both, { isr: [1, 3] })).toBe(3)
  expect(chosen(both, { isr: [1] })).toBeUndefined()
})

test('nor one without the offset, as far as is known', () => {
  expect(chosen(both, { fetchOffset: 12 })).toBe(2)
  expect(chosen(both, { fetchOffset: 13 })).toBeUndefined()
  expect(chosen([[2, follower({ logStartOffset: 6 })]])).toBeUndefined()
  expect(
    chosen([[2, follower({ logStartOffset: -1, logEndOffset: -1 })]], { fetchOffset: -1 }),
  ).toBe(undefined)
})
