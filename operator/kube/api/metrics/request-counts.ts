import { Durations } from '../../../../lib/durations.ts'
import type { Labels, Metrics } from '../../../../lib/metrics.ts'

/** What was asked of the API server: the budget that an operator has to keep to. */
export class RequestCounts {
  readonly #results = new Map<string, { labels: Labels; count: number }>()
  readonly #durations = new Map<string, Durations>()

  /** @param result `ok`, or the type of its failure. */
  add(
    { traffic, verb, result }: { traffic: string; verb: string; result: string },
    durationMs: number,
  ): void {
    const labels = { traffic, verb, result }
    orNew(this.#results, `${traffic} ${verb} ${result}`, () => ({ labels, count: 0 })).count++
    orNew(this.#durations, traffic, () => new Durations(bounds)).add(durationMs / 1_000)
  }

  addTo(metrics: Metrics): void {
    metrics.add({
      name: 'kavka_kube_requests_total',
      help: 'Requests to the API server, by kind of traffic, verb and result.',
      type: 'counter',
      collect: () =>
        Array.from(this.#results.values(), ({ labels, count }) => ({ labels, value: count })),
    })
    metrics.add({
      name: 'kavka_kube_request_duration_seconds',
      help: 'Time from asking the API server to its answer; of a watch, to the beginning of it.',
      type: 'histogram',
      collect: () =>
        Array.from(this.#durations, ([traffic, each]) => each.samples({ traffic })).flat(),
    })
  }
}

/** Upper bounds in seconds. An append takes 4 ms; what takes more than 5 s was given up. */
const bounds = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]

function orNew<V>(map: Map<string, V>, key: string, make: () => V): V {
  const found = map.get(key)
  if (found !== undefined) return found
  const made = make()
  map.set(key, made)
  return made
}
