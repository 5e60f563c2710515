import { shrink } from '../core/shrink.ts'
import { clusterPlan, type PlanKind } from './plans.ts'
import { runCluster } from './run.ts'

/**
 * `node test/sim/cluster/run-seeds.ts FROM COUNT [KIND]`: lets so many clusters live. Of a seed that fails it prints
 * why, and the smallest plan found by which the same goes wrong. Progress comes every hundred seeds.
 */
const [first = '1', many = '100', kind = 'usual'] = process.argv.slice(2)
const [from, count] = [Number(first), Number(many)]
const began = performance.now()
const strikes = new Map<string, number>()
let [failed, events, asked, acknowledged] = [0, 0, 0, 0]

for (let seed = from; seed < from + count; seed++) {
  const plan = clusterPlan(seed, kind as PlanKind)
  const { failure, world, produced, ...outcome } = await runCluster(plan)
  events += world.events
  asked += produced.asked
  acknowledged += produced.acknowledged
  const struck = [...outcome.strikes].map(([kind, own]) => [kind, own.struck] as const)
  for (const [kind, count] of [...struck, ...Object.entries(outcome.counts)]) {
    strikes.set(kind, (strikes.get(kind) ?? 0) + count)
  }
  if ((seed - from + 1) % 100 === 0)
    console.error(`${seed - from + 1} of ${count} seeds, ${failed} failed`)
  if (failure === undefined) continue
  failed++
  const shrunk = await shrink(plan, async (smaller) => (await runCluster(smaller)).failure, {
    maxRuns: 150,
  })
  const { invariant, detail, atMs } = shrunk.failure
  console.log(`seed ${seed}: ${invariant}: ${detail}, after ${atMs} ms`)
  console.log(`  rates ${JSON.stringify(shrunk.plan.rates)}`)
  for (const { atMs: ms, kind, on, lengthMs, amount } of shrunk.plan.operations) {
    console.log(`  ${ms} ms: ${kind} ${on.join(' > ')} for ${lengthMs} ms (${amount})`)
  }
}

const seconds = (performance.now() - began) / 1_000
console.log(
  `${count} seeds, ${failed} failed; ${(count / seconds).toFixed(1)} a second, ${((seconds * 1e6) / events).toFixed(1)} us an event`,
)
console.log(`${acknowledged} of ${asked} records acknowledged`)
console.log([...strikes].map(([kind, times]) => `${kind} ${times}`).join(', '))
process.exit(failed === 0 ? 0 : 1)
