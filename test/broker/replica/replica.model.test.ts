import fc from 'fast-check'
import { expect, test } from 'vitest'
import { effort } from '../../support/effort.ts'
import { Cluster } from './model/cluster.ts'
import { histories } from './model/events.ts'

test.each([false, true])(
  'whatever happens, what was committed stays, on every member of ISR and ELR; flushed always: %s',
  { timeout: 120_000 },
  (flushesAlways) => {
    const counts = { acknowledged: 0, truncated: 0, joined: 0 }
    fc.assert(
      fc.property(histories, (all) => {
        const cluster = new Cluster({ flushesAlways })
        for (const each of all) cluster.happen(each)
        cluster.heal()
        for (const [what, count] of Object.entries(cluster.counts)) {
          counts[what as keyof typeof counts] += count
        }
      }),
      { numRuns: effort(200, 5_000) },
    )
    // The events do lead to what is to be tested.
    for (const count of Object.values(counts)) expect(count).toBeGreaterThan(0)
  },
)
