import { expect, test } from 'vitest'
import { runLog } from './run.ts'
import { placeOf, placesMet } from './sync-places.ts'

/**
 * Every sync of a log, and a seed with which its absence is noticed. To find another seed after a
 * change: run `runLog(seed, (sync) => placeOf(sync) === place)` for seeds from 1 on.
 */
const noticedBy: Record<string, number> = {
  'sync .index in IndexFile.sync': 2656,
  'sync .index in IndexFile.syncNow': 9573,
  'sync .log in BatchFile.cut': 127,
  'sync .log in Segment.sync': 1,
  'sync .timeindex in IndexFile.sync': 5,
  'sync .timeindex in IndexFile.syncNow': 4,
  'sync .tmp in replaceFile': 356,
  'sync .tmp in replaceFileLater': 4,
  'sync .txnindex in IndexFile.sync': 5,
  'sync .txnindex in IndexFile.syncNow': 4,
  'syncDirectory data in SegmentStore.syncNames': 1,
  'syncDirectory partition in SegmentStore.begin': 612,
  'syncDirectory partition in SegmentStore.syncNames': 6,
  'syncDirectory partition in openLog': 476,
  'syncDirectory partition in replaceFile': 418,
}

const noticedElsewhere = [
  // Where a kill in the midst of a cut is followed by a loss of power: `resumed.test.ts`.
  'sync .log in Segment.settle',
  'syncDirectory partition in SegmentStore.settle',
]

test('every sync is known here', async () => {
  expect(await placesMet(100)).toEqual([...Object.keys(noticedBy), ...noticedElsewhere].toSorted())
})

test.each(Object.entries(noticedBy))('without "%s" data is lost: seed %i', async (place, seed) => {
  expect(await runLog(seed)).toBeUndefined()
  const violation = await runLog(seed, (sync) => placeOf(sync) === place)
  expect(violation?.rule).toMatch(/^(Aborted|Epochs|Foreign|Index|Lost|Times|Untrusted)$/)
})
