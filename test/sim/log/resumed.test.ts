import { expect, test } from 'vitest'
import { resumeLog } from './resumed.ts'
import { placeOf } from './sync-places.ts'

const seeds = Number(process.env['SEEDS'] ?? 400)
const first = Number(process.env['SEED'] ?? 1)

test(`what was cut off stays away from ${seeds} logs that need no recovery after a kill`, {
  timeout: 600_000,
}, async () => {
  let resumedLogs = 0
  for (let seed = first; seed < first + seeds; seed++) {
    const { resumed, violation } = await resumeLog(seed)
    expect(violation, `seed ${seed}`).toBeUndefined()
    if (resumed) resumedLogs += 1
  }
  expect(resumedLogs).toBeGreaterThan(seeds / 2)
})

/** Syncs that are put off until such a log is written to, and seeds that notice their absence. */
const noticedBy: Record<string, number> = {
  'sync .log in Segment.settle': 226,
  'syncDirectory partition in SegmentStore.settle': 1030,
}

test.each(Object.entries(noticedBy))('without "%s" it comes back: seed %i', async (place, seed) => {
  expect(await resumeLog(seed)).toEqual({ resumed: true, violation: undefined })
  const { violation } = await resumeLog(seed, (sync) => placeOf(sync) === place)
  expect(violation).toMatch(/Foreign|cannot be trusted/)
})

test('entries of what was cut off stay away from an index that nothing is added to', async () => {
  // This seed notices it if a flush then leaves that index out (`IndexFile.doubt`).
  expect(await resumeLog(16_850)).toEqual({ resumed: true, violation: undefined })
})
