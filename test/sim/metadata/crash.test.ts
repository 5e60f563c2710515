import { expect, test } from 'vitest'
import { effort } from '../../support/effort.ts'
import type { Crash } from '../disk/simulated-disk.ts'
import { callsOfALife, crashAt } from './life.ts'

const seeds = Number(process.env['SEEDS'] ?? effort(4, 12))

test.each<[string, Crash, number]>([
  ['killed', { keepCache: true }, 4],
  ['powered off, and nothing unsynced survives', { keepCache: false, unsynced: 'nothing' }, 2],
  ['powered off, and all of it survives', { keepCache: false, unsynced: 'everything' }, 2],
  ['powered off, and any of it survives', { keepCache: false }, seeds],
])(
  'a log that is %s at any call loses nothing that was acknowledged',
  async (_, crash, count) => {
    const calls = await callsOfALife()
    expect(calls).toBeGreaterThan(70)
    for (let call = 1; call <= calls + 1; call++) {
      for (let seed = 1; seed <= count; seed++) {
        expect(await crashAt(call, crash, seed), `call ${call}, seed ${seed}`).toBeUndefined()
      }
    }
  },
  120_000,
)
