import fc from 'fast-check'
import { Cluster } from '../../../broker/replica/model/cluster.ts'
import { histories } from '../../../broker/replica/model/events.ts'

/** The model of one partition, in place of a cluster: what it looks at takes a moment that is rare there. */
export function runReplicas(seed: number): { invariant: string; detail: string } | undefined {
  const [events = []] = fc.sample(histories, { seed, numRuns: 1 })
  for (const flushesAlways of [false, true]) {
    const cluster = new Cluster({ flushesAlways })
    try {
      for (const each of events) cluster.happen(each)
      cluster.heal()
    } catch (error) {
      return { invariant: 'Replicas', detail: String(error) }
    }
  }
  return undefined
}
