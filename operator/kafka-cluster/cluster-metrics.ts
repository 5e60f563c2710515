import type { MetadataImage } from '../../broker/metadata/image.ts'
import type { Labels, Metrics } from '../../lib/metrics.ts'
import type { FailoverCounts } from '../controller/timeline/failover-counts.ts'
import { topicViews } from '../topic/topic-status.ts'

/** A cluster as far as it is measured. */
export type MeasuredCluster = {
  readonly namespace: string
  readonly name: string
  /** What its metadata log says. */
  readonly image: MetadataImage
  /** Why nothing can be decided, or undefined. */
  readonly withoutController: string | undefined
  /** How many brokers there are to be, and how many serve clients. */
  readonly desired: number
  readonly ready: number
  /** Undefined: there was no controller yet. */
  readonly failovers: FailoverCounts | undefined
}

/** Those of each cluster, as the metadata log has it. */
export function addClusterMetrics(
  metrics: Metrics,
  clusters: () => Iterable<MeasuredCluster>,
): void {
  for (const [name, { help, read }] of Object.entries(gauges)) {
    const collect = () =>
      Array.from(clusters(), (cluster) => ({ value: read(cluster), labels: labelsOf(cluster) }))
    metrics.add({ name, help, type: 'gauge', collect })
  }
  metrics.add({
    name: 'kavka_controller_failovers_total',
    help: 'How often a broker that led something was lost, stopped or started again, by cause.',
    type: 'counter',
    collect: () =>
      Array.from(
        clusters(),
        (cluster) => cluster.failovers?.counts(labelsOf(cluster)) ?? [],
      ).flat(),
  })
  metrics.add({
    name: 'kavka_controller_failover_step_seconds',
    help: 'Of a failover the time from each step to the next: detected, decided, appended, pushed, led.',
    type: 'histogram',
    collect: () =>
      Array.from(clusters(), (cluster) => {
        return cluster.failovers?.durations(labelsOf(cluster)) ?? []
      }).flat(),
  })
}

function labelsOf({ namespace, name: cluster }: MeasuredCluster): Labels {
  return { namespace, cluster }
}

type Gauge = { readonly help: string; readonly read: (cluster: MeasuredCluster) => number }

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
    read: ({ desired }) => desired,
  },
  kavka_cluster_brokers_ready: {
    help: 'How many brokers serve clients.',
    read: ({ ready }) => ready,
  },
}
