import fc from 'fast-check'
import { expect, test } from 'vitest'
import { effort } from '../../support/effort.ts'
import { Cluster, type Event } from './model/cluster.ts'
import { brokerIds } from './model/controller.ts'

const weights: Record<Event['do'], number> = {
  deliver: 30,
  fetch: 20,
  replicate: 20,
  append: 20,
  see: 20,
  giveUp: 6,
  flush: 6,
  tick: 6,
  drop: 2,
  repeat: 2,
  elect: 1,
  fence: 1,
  unfence: 2,
  crash: 1,
  loseCache: 1,
  fetchAndLoseCache: 1,
}

const types = Object.entries(weights) as [Event['do'], number][]
const event = fc.record<Event>({
  do: fc.oneof(...types.map(([type, weight]) => ({ weight, arbitrary: fc.constant(type) }))),
  id: fc.constantFrom(...brokerIds),
  n: fc.nat(1_000),
})

test.each([false, true])(
  'whatever happens, what was committed stays, on every member of ISR and ELR; flushed always: %s',
  { timeout: 120_000 },
  (flushesAlways) => {
    const counts = { acknowledged: 0, truncated: 0, joined: 0 }
    const events = fc.array(event, { maxLength: 400, size: 'max' })
    fc.assert(
      fc.property(events, (all) => {
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
