import { watchEventLoop } from '../../lib/event-loop.ts'
import { Metrics } from '../../lib/metrics.ts'
import { addProcessMetrics } from '../../lib/process-metrics.ts'
import { topicViews } from '../topic/topic-status.ts'
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
  for (const [name, { help, read }] of Object.entries(gauges)) {
    const collect = () =>
      Array.from(clusters(), (cluster) => {
        const { name: clusterName, namespace } = cluster.resource.metadata
        return { value: read(cluster), labels: { namespace, cluster: clusterName } }
      })
    metrics.add({ name, help, type: 'gauge', collect })
  }
  return { metrics, stop: () => loop.stop() }
}

type Gauge = { readonly help: string; readonly read: (cluster: RunningCluster) => number }

/** Those of Kafka's controller, by the names of its JMX exporter. */
const gauges: Readonly<Record<string, Gauge>> = {
  kafka_controller_kafkacontroller_activecontrollercount: {
    help: 'Whether the controller of the cluster is active in this process.',
    read: ({ withoutController }) => (withoutController === undefined ? 1 : 0),
  },
  kafka_controller_kafkacontroller_activebrokercount: {
    help: 'Brokers that are registered and not fenced.',
    read: ({ image }) => [...image.brokers.values()].filter(({ fenced }) => !fenced).length,
  },
  kafka_controller_kafkacontroller_fencedbrokercount: {
    help: 'Brokers that are registered and fenced.',
    read: ({ image }) => [...image.brokers.values()].filter(({ fenced }) => fenced).length,
  },
  kafka_controller_kafkacontroller_globaltopiccount: {
    help: 'Topics of the cluster.',
    read: ({ image }) => topicViews(image).length,
  },
  kafka_controller_kafkacontroller_globalpartitioncount: {
    help: 'Partitions of all topics of the cluster.',
    read: ({ image }) =>
      topicViews(image).reduce((sum, { partitions }) => sum + partitions.length, 0),
  },
  kafka_controller_kafkacontroller_offlinepartitionscount: {
    help: 'Partitions that have no leader.',
    read: ({ image }) => topicViews(image).reduce((sum, { leaderless }) => sum + leaderless, 0),
  },
  kavka_controller_epoch: {
    help: 'How often a controller of the cluster took over.',
    read: ({ image }) => image.controller.epoch,
  },
  kavka_cluster_brokers_desired: {
    help: 'How many brokers there are to be.',
    read: ({ plan }) => plan.desired.length,
  },
  kavka_cluster_brokers_ready: {
    help: 'How many brokers serve clients.',
    read: (cluster) =>
      cluster.plan.desired.filter(({ nodeId }) => cluster.isServing(nodeId)).length,
  },
}
