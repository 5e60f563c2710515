import { expect, test } from 'vitest'
import type { Crash } from '../../../sim/disk/simulated-disk.ts'
import { crashedLife, placeOf } from './life.ts'

const crashes: Crash[] = [
  { keepCache: true },
  { keepCache: false, unsynced: 'nothing' },
  { keepCache: false, unsynced: 'chance' },
]

test('a crash at any call loses nothing that was durable, and the next start trusts what is left', {
  timeout: 120_000,
}, async () => {
  let crashedLives = 0
  for (const crash of crashes) {
    for (let call = 1; ; call++) {
      const { crashed, violation } = await crashedLife(call, crash)
      expect(violation, `crash at call ${call}, ${JSON.stringify(crash)}`).toBeUndefined()
      if (!crashed) break
      crashedLives += 1
    }
  }
  expect(crashedLives).toBeGreaterThan(300)
})

/**
 * Every sync of a data directory, and a crash after which its absence is noticed: a loss of power, or a
 * kill and then one.
 */
const noticedBy: Record<string, [call: number, unsynced: 'nothing' | 'chance' | 'killed']> = {
  'sync batches in PartitionLog.closeDurably': [146, 'nothing'],
  'sync indexes in PartitionLog.closeDurably': [152, 'nothing'],
  'sync small file in Checkpoints.write': [78, 'chance'],
  'sync small file in makeOwned': [49, 'nothing'],
  'sync small file in write': [9, 'nothing'],
  'sync small file in writeCleanMarker': [152, 'nothing'],
  'syncDirectory in Checkpoints.write': [103, 'chance'],
  'syncDirectory in format': [49, 'nothing'],
  'syncDirectory in leftAsItWas': [154, 'killed'],
  'syncDirectory in makeOwned': [22, 'chance'],
  'syncDirectory in renameAway': [175, 'nothing'],
  'syncDirectory in takeCleanMarker': [155, 'nothing'],
  'syncDirectory in write': [24, 'chance'],
  'syncDirectory in writeCleanMarker': [152, 'nothing'],
  'syncDirectory of the partition in PartitionLog.closeDurably': [146, 'nothing'],
}

test('every sync of a data directory is known here', async () => {
  const met = new Set<string>()
  await crashedLife(100_000, { keepCache: true }, (sync) => {
    const place = placeOf(sync)
    if (place !== undefined) met.add(place)
    return false
  })
  expect([...met].toSorted()).toEqual(Object.keys(noticedBy).toSorted())
})

test.each(Object.entries(noticedBy))('without "%s" a crash does harm', async (place, crash) => {
  const [call, unsynced] = crash
  const how: Crash = unsynced === 'killed' ? { keepCache: true } : { keepCache: false, unsynced }
  const life = (drop: boolean) => crashedLife(call, how, (sync) => drop && placeOf(sync) === place)
  expect((await life(false)).violation).toBeUndefined()
  expect((await life(true)).violation).toBeDefined()
})
