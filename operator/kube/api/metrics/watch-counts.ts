import type { Metrics } from '../../../../lib/metrics.ts'

/** What came of the watch of one kind. */
export type WatchCount = {
  /** Whole lists, the first one among them. Each costs the API server as much as all objects. */
  lists: number
  /** How often the watch was begun, or gone on with. */
  connects: number
  events: number
  /** So many are open. */
  open: number
}

/** What came of all watches of a process. */
export class WatchCounts {
  readonly #byKind = new Map<string, WatchCount>()

  of(kind: string): WatchCount {
    const count = this.#byKind.get(kind) ?? { lists: 0, connects: 0, events: 0, open: 0 }
    this.#byKind.set(kind, count)
    return count
  }

  addTo(metrics: Metrics): void {
    for (const { name, type, help, read } of definitions) {
      const collect = () =>
        Array.from(this.#byKind, ([kind, count]) => ({ labels: { kind }, value: read(count) }))
      metrics.add({ name, type, help, collect })
    }
  }
}

const definitions = [
  {
    name: 'kavka_kube_watch_lists_total',
    type: 'counter',
    help: 'How often all objects of a kind were listed: once, and whenever a watch could not go on.',
    read: ({ lists }: WatchCount) => lists,
  },
  {
    name: 'kavka_kube_watch_connects_total',
    type: 'counter',
    help: 'How often the watch of a kind was begun, or gone on with after it ended.',
    read: ({ connects }: WatchCount) => connects,
  },
  {
    name: 'kavka_kube_watch_events_total',
    type: 'counter',
    help: 'Changes of objects that the watch of a kind told.',
    read: ({ events }: WatchCount) => events,
  },
  {
    name: 'kavka_kube_watch_connected',
    type: 'gauge',
    help: 'How many watches of a kind are open, and not between two attempts.',
    read: ({ open }: WatchCount) => open,
  },
] as const
