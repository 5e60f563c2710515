import { emptyImage } from '../../broker/metadata/image.ts'
import { watchEventLoop } from '../../lib/event-loop.ts'
import { Metrics } from '../../lib/metrics.ts'
import { addProcessMetrics } from '../../lib/process-metrics.ts'
import { addClusterMetrics } from '../kafka-cluster/cluster-metrics.ts'
import type { KubeApi } from '../kube/api/kube-api.ts'
import type { KubernetesOperator } from './kubernetes-operator.ts'

/** All metrics of an operator in Kubernetes. Those of clusters come from the one that is active. */
export function kubernetesOperatorMetrics(
  operator: KubernetesOperator,
  { kube, startedMs }: { kube: KubeApi; startedMs: number },
): { metrics: Metrics; stop: () => void } {
  const metrics = new Metrics()
  const loop = watchEventLoop()
  addProcessMetrics(metrics, { loop, startedMs })
  kube.addMetrics(metrics)
  const active = { name: 'kavka_operator_active', help: 'Whether it is the replica that acts.' }
  metrics.addValue('gauge', active, () => (operator.isActive ? 1 : 0))
  addClusterMetrics(metrics, function* () {
    for (const cluster of operator.clusters) {
      const { name, namespace } = cluster.resource.metadata
      const { image = emptyImage, withoutController, failovers } = cluster
      const { desired, ready } = cluster.brokerCounts()
      yield { name, namespace, image, withoutController, desired, ready, failovers }
    }
  })
  return { metrics, stop: () => loop.stop() }
}
