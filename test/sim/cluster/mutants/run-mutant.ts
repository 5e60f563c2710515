import { mutants } from './mutants.ts'
import { plant } from './plant.ts'

/**
 * `node run-mutant.ts NAME [SEEDS]`: the cluster with a rule taken out, or as it is (`none`), until a run
 * fails. Prints as JSON how that came out.
 */
const [name = 'none', most = '200'] = process.argv.slice(2)
const mutant = mutants.find((one) => one.name === name)
if (mutant === undefined && name !== 'none') throw new Error(`no mutant is called ${name}`)
if (mutant !== undefined) plant(mutant)
const { clusterPlan } = await import('../plans.ts')
const { runCluster } = await import('../run.ts')
const { runReplicas } = await import('./run-replicas.ts')

const failureOf = async (seed: number) => {
  if (mutant?.plan === 'replicas') return runReplicas(seed)
  return (await runCluster(clusterPlan(seed, mutant?.plan))).failure
}
for (let seed = 1; seed <= Number(most); seed++) {
  const failure = await failureOf(seed)
  if (failure === undefined) continue
  const { invariant, detail } = failure
  console.log(JSON.stringify({ seed, invariant, detail }))
  process.exit(0)
}
console.log(JSON.stringify({ seed: null }))
