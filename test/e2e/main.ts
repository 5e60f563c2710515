import { converged } from './converged.ts'
import { deletions } from './deletions.ts'
import { failover } from './failover.ts'
import { firstSteps } from './first-steps.ts'
import { isLab, whyNoCluster } from './kubectl.ts'
import { outage } from './outage.ts'
import { scaling } from './scaling.ts'
import { takeover } from './takeover.ts'

/**
 * `npm run e2e [-- SCENARIO...]`: the operator and its brokers in a real Kubernetes, which is to be empty
 * and to have kavka's image; it prints what each step took. All scenarios in this order: each goes on
 * from the one before.
 */
const scenarios: Readonly<Record<string, () => Promise<void>>> = {
  'first-steps': firstSteps,
  scaling,
  converged,
  takeover: () => takeover(Number(process.env['ROUNDS'] ?? 20)),
  outage: () => outage(Number(process.env['OUTAGE_S'] ?? 120) * 1_000),
  failover: () => failover(Number(process.env['FAILOVERS'] ?? 3)),
  deletions,
}

const why = whyNoCluster()
if (why !== undefined || !isLab) {
  console.error(why ?? 'these scenarios turn nodes and API server off: they need the lab')
  process.exit(1)
}
const names = process.argv.slice(2)
for (const [name, run] of Object.entries(scenarios)) {
  if (names.length === 0 || names.includes(name)) await run()
}
