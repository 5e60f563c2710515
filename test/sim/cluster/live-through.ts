import { expect } from 'vitest'
import { clusterPlan, type PlanKind } from './plans.ts'
import { runCluster } from './run.ts'
import { Tally } from './tally.ts'

/**
 * Lets so many clusters live through plans of a kind, and says what befell them. SEED=: from that one on.
 *
 * @param from The first seed otherwise.
 */
export async function liveThrough(
  kind: PlanKind,
  seeds: number,
  { from: usual = 1 } = {},
): Promise<void> {
  const first = Number(process.env['SEED'] ?? usual)
  const all = new Tally()
  for (let from = first; from < first + seeds; from += 100) {
    const hundred = new Tally()
    const to = Math.min(from + 100, first + seeds)
    for (let seed = from; seed < to; seed++) {
      const plan = clusterPlan(seed, kind)
      const outcome = await runCluster(plan)
      const last = outcome.world.trace.lines.slice(-20).join('\n')
      expect(outcome.failure, `seed ${seed} of ${kind}, after\n${last}`).toBeUndefined()
      hundred.add(plan, outcome)
      all.add(plan, outcome)
    }
    // A run in which nothing happens proves nothing.
    if (to - from === 100) expect(hundred.problem, `seeds ${from} to ${to}`).toBeUndefined()
  }
  console.log([kind, ...all.lines].join('\n  '))
}
