import type { DriveOptions } from '../core/drive.ts'
import { drive } from '../core/drive.ts'
import type { Failure } from '../core/failure.ts'
import type { Faults } from '../core/faults.ts'
import type { World } from '../core/world.ts'
import { Cluster } from './cluster.ts'
import type { ClusterPlan } from './plans.ts'

export type Outcome = {
  readonly world: World
  readonly failure: Failure | undefined
  readonly strikes: Faults['counts']
  readonly requests: { readonly asked: number; readonly answered: number }
  /** What came about, by its name. */
  readonly counts: Cluster['counts']
  readonly produced: { readonly asked: number; readonly acknowledged: number }
}

/** Two controllers, three brokers and a store live through a plan, with the product's own code for all of it. */
export async function runCluster(plan: ClusterPlan, options: DriveOptions = {}): Promise<Outcome> {
  const cluster = new Cluster(plan)
  const { world, faults, workload, data } = cluster
  const failure = await drive(world, Number.POSITIVE_INFINITY, options)
  const produced = {
    asked: data.asked,
    acknowledged: data.acknowledgements,
  }
  return {
    world,
    failure,
    strikes: faults.counts,
    requests: workload.counts,
    counts: cluster.counts,
    produced,
  }
}
