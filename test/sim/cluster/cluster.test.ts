import { expect, test } from 'vitest'
import { effort } from '../../support/effort.ts'
import { clusterPlan, type PlanKind } from './plans.ts'
import { runCluster } from './run.ts'

const first = Number(process.env['SEED'] ?? 1)
const kinds: readonly (readonly [PlanKind, number])[] = [
  ['usual', effort(50, 400)],
  ['isolating', effort(25, 100)],
  ['undecided', effort(25, 100)],
  ['coordinators', effort(25, 100)],
]

test.each(kinds)(
  'clusters live through what is planned for them: %s, %i seeds',
  {
    timeout: 180_000,
  },
  async (kind, seeds) => {
    const began = performance.now()
    const strikes = new Map<string, number>()
    let [events, asked, acknowledged] = [0, 0, 0]
    for (let seed = first; seed < first + seeds; seed++) {
      const outcome = await runCluster(clusterPlan(seed, kind))
      const { failure, world, produced } = outcome
      const last = world.trace.lines.slice(-20).join('\n')
      expect(failure, `seed ${seed}, after\n${last}`).toBeUndefined()
      for (const [fault, { struck }] of outcome.strikes) {
        strikes.set(fault, (strikes.get(fault) ?? 0) + struck)
      }
      events += world.events
      asked += produced.asked
      acknowledged += produced.acknowledged
    }
    const seconds = (performance.now() - began) / 1_000
    const faults = [...strikes].map(([fault, count]) => `${fault} ${count}`).join(', ')
    console.log(
      `${(seeds / seconds).toFixed(1)} seeds/s, ${((seconds * 1e6) / events).toFixed(1)} us an event; ` +
        `${acknowledged} of ${asked} records acknowledged; ${faults}`,
    )
    // A run in which nothing happens proves nothing.
    expect([...strikes.values()].every((count) => count > 0)).toBe(true)
    expect(acknowledged).toBeGreaterThanOrEqual(0.8 * asked)
  },
)

test('a seed is the same run each time, and by both ways to drive it', async () => {
  const hashes = []
  for (const driver of ['ticks', 'ticks', 'immediates'] as const) {
    const { world } = await runCluster(clusterPlan(first), { driver })
    hashes.push(world.trace.hash)
  }
  expect(new Set(hashes).size).toBe(1)
})
