import type { TogetherProblem } from './check-together.ts'
import type { KafkaCluster } from './kafka-cluster/kafka-cluster.ts'
import { problem } from './schema/problem.ts'

/** What resources may say one day, and cannot have yet: better told by file and line than found out. */
export function checkNotYet(clusters: readonly KafkaCluster[]): TogetherProblem[] {
  return clusters.flatMap((cluster) => {
    const { length } = cluster.spec.listeners
    if (length === 1) return []
    const message = `must be one until brokers serve several, found ${length}`
    return [{ resource: cluster, problem: problem(['spec', 'listeners'], 'NotYetServed', message) }]
  })
}
