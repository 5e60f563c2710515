import type { Metric, Registry as PromRegistry } from 'prom-client'
import { loadLater } from './load-later.ts'

/** Alone: what else there is pushes to gateways, with all that Node has for TLS: 6 MB. */
const Registry = loadLater<typeof PromRegistry>('prom-client/lib/registry.js')()

export type Labels = Readonly<Record<string, string | number>>

/** One line of a metric. */
export type Sample = {
  readonly value: number
  readonly labels?: Labels
  /** Of a histogram: which of its lines. */
  readonly suffix?: '_bucket' | '_sum' | '_count'
}

export type MetricDefinition = {
  /** As Prometheus wants it: a counter ends in `_total`, a unit is in the name. */
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  /** Called when somebody asks, so that what is measured costs no more than a plain number. */
  readonly collect: () => Iterable<Sample>
}

/**
 * The metrics of a process, in Prometheus' text format. Nothing is done while nobody asks: who counts
 * keeps numbers of its own, which are read here.
 */
export class Metrics {
  readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE
  private readonly registry = new Registry()

  /** @throws If there is one of that name. */
  add({ name, help, type, collect }: MetricDefinition): void {
    const get = () => {
      const values = Array.from(collect(), ({ value, labels = {}, suffix = '' }) => {
        return { value, labels, metricName: `${name}${suffix}` }
      })
      return Promise.resolve({ name, help, type, values, aggregator: 'sum' })
    }
    // The registry asks a metric for its name and for `get`, and knows no more of it.
    this.registry.registerMetric({ name, help, get } as unknown as Metric)
  }

  /** Adds one that has a single value. */
  addValue(
    type: 'counter' | 'gauge',
    { name, help }: { name: string; help: string },
    read: () => number,
  ): void {
    this.add({ name, help, type, collect: () => [{ value: read() }] })
  }

  text(): Promise<string> {
    return this.registry.metrics()
  }
}
