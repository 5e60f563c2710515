import { expect, test } from 'vitest'
import type { Crash } from '../disk/simulated-disk.ts'
import { callsOfALife, crashAt, placeOf } from './life.ts'

/** Every sync of a metadata log, but the one of a failed write: see `faults.test.ts`. */
const places = [
  'sync .log in MetadataLogFiles.append',
  'sync .log in openLast',
  'sync .part in MetadataLogFiles.#writePart',
  'sync .tmp in replaceFile',
  'syncDirectory /data in openLogFiles',
  'syncDirectory /data/metadata in MetadataLogFiles.#startSegment',
  'syncDirectory /data/metadata in MetadataLogFiles.#writeSnapshot',
  'syncDirectory /data/metadata in openLogFiles',
  'syncDirectory /data/metadata in replaceFile',
]

const crashes: Crash[] = [
  { keepCache: true },
  { keepCache: false, unsynced: 'nothing' },
  { keepCache: false },
]

test('every sync is known here', async () => {
  const met = new Set<string>()
  for (let call = 1; call <= (await callsOfALife()); call++) {
    await crashAt(call, { keepCache: true }, 1, (disk) => {
      disk.dropSyncs((sync) => {
        met.add(placeOf(sync))
        return false
      })
    })
  }
  expect([...met].toSorted()).toEqual(places)
})

test.each(places)('without "%s" records are lost', { timeout: 60_000 }, async (place) => {
  expect(await firstViolation(place)).toEqual(expect.stringMatching(/^(Error|StorageError): /))
})

async function firstViolation(place: string): Promise<string | undefined> {
  const calls = await callsOfALife()
  for (let seed = 1; seed <= 20; seed++) {
    for (const crash of crashes) {
      for (let call = 1; call <= calls + 1; call++) {
        const violation = await crashAt(call, crash, seed, (disk) => {
          disk.dropSyncs((sync) => placeOf(sync) === place)
        })
        if (violation !== undefined) return violation
      }
    }
  }
  return undefined
}
