import { expect, test } from 'vitest'
import { divergence } from '../../../broker/replica/divergence.ts'
import { logWith } from './support.ts'

/** Epoch 2 up to 6, epoch 5 up to 10. */
const leader = logWith(
  [
    [2, 0],
    [5, 6],
  ],
  10,
)

test.each([
  ['has nothing', -1, 0, undefined],
  ['has all', 5, 10, undefined],
  ['has a part', 5, 8, undefined],
  ['ends where the epoch does', 2, 6, undefined],
  ['has more of the last epoch', 5, 12, { epoch: 5, endOffset: 10 }],
  ['has more of an earlier epoch', 2, 8, { epoch: 2, endOffset: 6 }],
  ['has an epoch that is not known here', 3, 8, { epoch: 2, endOffset: 6 }],
  ['has a later epoch than any here', 6, 8, { epoch: 5, endOffset: 10 }],
])('a follower that %s', (_, lastFetchedEpoch, fetchOffset, expected) => {
  expect(divergence(leader, { lastFetchedEpoch, fetchOffset })).toEqual(expected)
})

test('a follower has an epoch that is older than the log', () => {
  const log = logWith([[5, 100]], 120, { logStartOffset: 100 })
  expect(divergence(log, { lastFetchedEpoch: 3, fetchOffset: 100 })).toBeUndefined()
  expect(divergence(log, { lastFetchedEpoch: 3, fetchOffset: 110 })).toEqual({
    epoch: 3,
    endOffset: 100,
  })
})

test('a leader whose log is empty has nothing in common with a follower', () => {
  const log = { logStartOffset: 0, logEndOffset: 0, countedEndOffset: 0, epochs: undefined }
  expect(divergence(log, { lastFetchedEpoch: 3, fetchOffset: 4 })).toEqual({
    epoch: 3,
    endOffset: 0,
  })
})
