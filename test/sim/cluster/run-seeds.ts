import { shrink } from '../core/shrink.ts'
import { type ClusterPlan, clusterPlan, type PlanKind } from './plans.ts'
import { runCluster } from './run.ts'
import { Tally } from './tally.ts'

/**
 * `node test/sim/cluster/run-seeds.ts FROM COUNT [KIND]`: lets so many clusters live. Of a seed that fails it prints
 * why, and the smallest plan found by which the same goes wrong. Progress comes every hundred seeds.
 */
const [first = '1', many = '100', kind = 'usual'] = process.argv.slice(2)
const [from, count] = [Number(first), Number(many)]
const all = new Tally()
let failed = 0
let hundred = new Tally()

for (let seed = from; seed < from + count; seed++) {
  const plan = clusterPlan(seed, kind as PlanKind)
  const outcome = await runCluster(plan)
  for (const tally of [all, hundred]) tally.add(plan, outcome)
  if (outcome.failure !== undefined) {
    failed++
    await explain(seed, plan)
  }
  if ((seed - from + 1) % 100 !== 0) continue
  console.error(`${seed - from + 1} of ${count} seeds, ${failed} failed`)
  if (hundred.problem !== undefined) {
    failed++
    console.log(`seeds ${seed - 99} to ${seed} prove too little: ${hundred.problem}`)
  }
  hundred = new Tally()
}
console.log([`${failed} failed`, ...all.lines].join('\n'))
process.exit(failed === 0 ? 0 : 1)

async function explain(seed: number, plan: ClusterPlan): Promise<void> {
  const again = async (smaller: ClusterPlan) => (await runCluster(smaller)).failure
  const shrunk = await shrink(plan, again, { maxRuns: 150 })
  const { invariant, detail, atMs } = shrunk.failure
  console.log(`seed ${seed}: ${invariant}: ${detail}, after ${atMs} ms`)
  console.log(`  rates ${JSON.stringify(shrunk.plan.rates)}`)
  for (const { atMs: ms, kind: what, on, lengthMs, amount } of shrunk.plan.operations) {
    console.log(`  ${ms} ms: ${what} ${on.join(' > ')} for ${lengthMs} ms (${amount})`)
  }
}
