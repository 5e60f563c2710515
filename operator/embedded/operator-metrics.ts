import { watchEventLoop } from '../../lib/event-loop.ts'
import { Metrics } from '../../lib/metrics.ts'
import { addProcessMetrics } from '../../lib/process-metrics.ts'
import { addClusterMetrics } from '../kafka-cluster/cluster-metrics.ts'
import type { RunningCluster } from './running-cluster.ts'

/** All metrics of the operator: its process, and each cluster as the metadata log has it. */
export function operatorMetrics({
  startedMs,
  clusters,
}: {
  startedMs: number
  clusters: () => Iterable<RunningCluster>
}): { metrics: Metrics; stop: () => void } {
  const metrics = new Metrics()
  const loop = watchEventLoop()
  addProcessMetrics(metrics, { loop, startedMs })
  addClusterMetrics(metrics, function* () {
    for (const cluster of clusters()) {
      const { name, namespace } = cluster.resource.metadata
      const { image, withoutController, plan, failovers } = cluster
      const ready = plan.desired.filter(({ nodeId }) => cluster.isServing(nodeId)).length
      const desired = plan.desired.length
      yield { name, namespace, image, withoutController, desired, ready, failovers }
    }
  })
  return { metrics, stop: () => loop.stop() }
}
