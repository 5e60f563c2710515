import { watchEventLoop } from '../../lib/event-loop.ts'
import { Metrics } from '../../lib/metrics.ts'
import { addProcessMetrics } from '../../lib/process-metrics.ts'
import type { BrokerListeners } from '../broker-listeners.ts'
import type { ControllerLink } from '../controller-link/controller-link.ts'
import type { OpenedData } from '../open-data.ts'
import type { Serving } from '../serving.ts'
import { addNetMetrics, addRequestMetrics } from './net-metrics.ts'
import { addReplicaMetrics } from './replica-metrics.ts'
import type { RequestTimes } from './request-times.ts'
import { addTopicMetrics } from './topic-metrics.ts'

/** What there is of a broker: the later parts only once it has come so far. */
export type MetricSources = {
  readonly nodeId: number
  readonly startedMs: number
  readonly times: RequestTimes
  readonly listeners: BrokerListeners
  readonly data: () => OpenedData | undefined
  readonly link: () => ControllerLink | undefined
  readonly serving: () => Serving | undefined
}

/** All metrics of a broker. */
export function brokerMetrics(sources: MetricSources): { metrics: Metrics; stop: () => void } {
  const metrics = new Metrics()
  const loop = watchEventLoop()
  addProcessMetrics(metrics, { loop, startedMs: sources.startedMs })
  addIdleMetrics(metrics, () => loop.utilization())
  const { client, internal } = sources.listeners
  addNetMetrics(metrics, [
    { name: 'client', metrics: client.metrics },
    { name: 'internal', metrics: internal.metrics },
  ])
  addRequestMetrics(metrics, sources.times)
  addControllerMetrics(metrics, sources)
  addTopicMetrics(metrics, () => sources.serving()?.traffic)
  metrics.addValue(
    'gauge',
    { name: 'kavka_log_tail_bytes', help: 'Memory that the ends of logs take.' },
    () => sources.data()?.tail.usedBytes ?? 0,
  )
  metrics.addValue(
    'counter',
    { name: 'kavka_log_tail_copied_bytes_total', help: 'Of small batches, for that memory.' },
    () => sources.data()?.tail.copiedBytes ?? 0,
  )
  return { metrics, stop: () => loop.stop() }
}

/** There is one thread for both of Kafka's pools. */
function addIdleMetrics(metrics: Metrics, utilization: () => number): void {
  let idle = 1
  const help = 'Which part of the time since the last scrape the event loop was idle, 0 to 1.'
  const network = 'kafka_network_socketserver_networkprocessoravgidle_percent'
  metrics.addValue('gauge', { name: network, help }, () => {
    idle = 1 - utilization()
    return idle
  })
  const handlers = 'kafka_server_kafkarequesthandlerpool_requesthandleravgidle_percent'
  metrics.addValue('gauge', { name: handlers, help }, () => idle)
}

function addControllerMetrics(metrics: Metrics, { nodeId, link, data, serving }: MetricSources) {
  const gauge = (name: string, help: string, read: () => number) =>
    metrics.addValue('gauge', { name, help }, read)
  gauge('kavka_broker_ready', 'Whether clients are to be sent here.', () => {
    return link()?.notReady === undefined && link() !== undefined ? 1 : 0
  })
  gauge('kavka_controller_connected', 'Whether a controller is followed now.', () => {
    return link()?.isConnected === true ? 1 : 0
  })
  gauge('kavka_broker_epoch', 'Of its registration, or -1.', () => link()?.brokerEpoch ?? -1)
  gauge('kavka_metadata_offset', 'Where its copy of the metadata log ends.', () => {
    return data()?.copy.position.offset ?? 0
  })
  gauge('kavka_metadata_controller_epoch', 'Of the last record in it.', () => {
    return data()?.copy.position.epoch ?? 0
  })
  gauge('kafka_brokers', 'Brokers that are registered and not fenced.', () => {
    const brokers = [...(link()?.image.brokers.values() ?? [])]
    return brokers.filter(({ fenced }) => !fenced).length
  })
  addReplicaMetrics(metrics, {
    nodeId,
    image: () => link()?.image,
    logs: () => serving()?.maintained() ?? [],
    offlineLogs: () => data()?.directory.offline().length ?? 0,
  })
}
