import type { Metrics, Sample } from '../../lib/metrics.ts'
import type { NetMetrics } from '../net/metrics.ts'
import type { RequestTimes } from './request-times.ts'

export type NamedListener = { readonly name: string; readonly metrics: NetMetrics }

/** Connections and bytes of each listener, by Kafka's names where it has one. */
export function addNetMetrics(metrics: Metrics, listeners: readonly NamedListener[]): void {
  const perListener = (read: (own: NetMetrics) => number) => (): Sample[] =>
    listeners.map(({ name, metrics: own }) => ({ value: read(own), labels: { listener: name } }))
  metrics.add({
    name: 'kafka_server_socket_server_metrics_connection_count',
    help: 'Connections that are open.',
    type: 'gauge',
    collect: perListener(({ open }) => open),
  })
  const counters: [string, string, (own: NetMetrics) => number][] = [
    ['connections_accepted', 'Connections that were taken.', ({ accepted }) => accepted],
    ['accept_errors', 'Connections the system could not hand over.', (own) => own.acceptErrors],
    ['received_bytes', 'Bytes that came in.', ({ bytesIn }) => bytesIn],
    ['sent_bytes', 'Bytes that went out.', ({ bytesOut }) => bytesOut],
    ['requests', 'Requests that were read.', ({ requests }) => requests],
    ['copied_bytes', 'Bytes of requests that were moved in memory.', (own) => own.copiedBytes],
    ['joined_bytes', 'Bytes of answers that were moved in memory.', (own) => own.joinedBytes],
    ['memory_waits', 'How often a connection waited for memory.', (own) => own.memoryWaits],
  ]
  for (const [name, help, read] of counters) {
    const definition = { name: `kavka_network_${name}_total`, help, type: 'counter' } as const
    metrics.add({ ...definition, collect: perListener(read) })
  }
  metrics.add({
    name: 'kavka_network_connections_closed_total',
    help: 'Connections that were refused or closed, by reason.',
    type: 'counter',
    *collect() {
      for (const { name: listener, metrics: own } of listeners) {
        for (const [reason, value] of own.closed) yield { value, labels: { listener, reason } }
      }
    },
  })
  const gauges: [string, string, (own: NetMetrics) => number][] = [
    ['requests_in_flight', 'Requests that are not answered.', (own) => own.requestsInFlight],
    ['request_memory_bytes', 'Memory of received frames.', (own) => own.receivedBytes],
  ]
  for (const [name, help, read] of gauges) {
    const definition = { name: `kavka_network_${name}`, help, type: 'gauge' } as const
    metrics.add({ ...definition, collect: perListener(read) })
  }
}

/** How many requests there were and how long they took, by API. */
export function addRequestMetrics(metrics: Metrics, times: RequestTimes): void {
  metrics.add({
    name: 'kafka_network_requestmetrics_requestspersec_total',
    help: 'Requests that were answered.',
    type: 'counter',
    collect: () => times.counts(),
  })
  metrics.add({
    name: 'kafka_network_requestmetrics_totaltimems',
    help: 'How long requests took since the last scrape, rounded up to a power of two.',
    type: 'gauge',
    collect: () => times.quantiles(),
  })
  metrics.add({
    name: 'kavka_request_duration_seconds',
    help: 'How long requests took, from when they were handed over until they were answered.',
    type: 'histogram',
    collect: () => times.histogram(),
  })
}
