import type { Clock } from '../../lib/clock.ts'
import type { ImageChanges, TopicChange } from '../metadata/image-changes.ts'
import { quietEnoughMs } from '../send-away.ts'

type Fall = { readonly brokerIds: ReadonlySet<number>; readonly untilMs: number }

/** What is known of who is at the other end of a connection. */
export type Client = {
  /** As its library calls itself, once it has said so (KIP-511). */
  softwareName?: string
  /** Of which fall it has heard when, by monotonic time in ms; undefined: of none. */
  heard?: WeakMap<Fall, number>
}

/**
 * Brokers that were fenced a moment ago while they led something, for clients that lose their way where one answer both
 * leaves out a broker and says who leads in its place. librdkafka ends what it had for that broker, and takes the
 * partition with it from where that has just moved to, up to its next look at all topics, a second later. So it is told
 * first who leads, and the next time that the broker is gone; other clients hear both at once. (Seen with 2.16 at its
 * defaults: 0.11 to 0.14 s to the next acknowledgement instead of 0.1 to 0.9. It has to hear the second, too, or it
 * keeps how long it waits before it connects again, up to 10 s where a broker falls again and again.)
 */
export class FallenBrokers {
  readonly #clock: Pick<Clock, 'monotonicMs'>
  #falls: readonly Fall[] = []

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock
  }

  /** To be called when the metadata has changed. */
  apply({ brokers, topics }: Pick<ImageChanges, 'brokers' | 'topics'>): void {
    const fallen = brokers.flatMap(({ before, after }) => {
      return before?.fenced === false && after?.fenced === true ? [after.id] : []
    })
    const brokerIds = new Set(fallen)
    if (fallen.length === 0 || !topics.some((topic) => wasLedBy(brokerIds, topic))) return
    // Who stops in order tells its clients itself.
    const isInOrder = brokers.some(({ after }) => after?.inControlledShutdown === true)
    const untilMs = this.#clock.monotonicMs() + (isInOrder ? quietEnoughMs : newsMs)
    this.#falls = [...this.#news(), { brokerIds, untilMs }]
  }

  /** For how long an answer to a client is to wait, in ms: it may not have acted on the one before. */
  waitMs({ heard }: Client): number {
    if (heard === undefined) return 0
    const nowMs = this.#clock.monotonicMs()
    const heardMs = this.#news().map((fall) => heard.get(fall) ?? Number.NEGATIVE_INFINITY)
    return Math.max(0, ...heardMs.map((atMs) => atMs + settleMs - nowMs))
  }

  /**
   * Whom an answer to a client names though they are fenced: it has not heard of that yet.
   *
   * @param client Has heard of it now.
   */
  tellFirst(client: Client): (brokerId: number) => boolean {
    this.#falls = this.#news()
    if (this.#falls.length === 0 || !hearsOneByOne(client)) return () => false
    client.heard ??= new WeakMap()
    const { heard } = client
    const unheard = this.#falls.filter((fall) => !heard.has(fall))
    for (const fall of unheard) heard.set(fall, this.#clock.monotonicMs())
    return (brokerId) => unheard.some(({ brokerIds }) => brokerIds.has(brokerId))
  }

  #news(): readonly Fall[] {
    const nowMs = this.#clock.monotonicMs()
    return this.#falls.filter(({ untilMs }) => untilMs > nowMs)
  }
}

function wasLedBy(brokerIds: ReadonlySet<number>, { before, partitions }: TopicChange): boolean {
  if (before === undefined) return false
  const known = partitions.filter((index) => index < before.partitions.count)
  return known.some((index) => brokerIds.has(before.partitions.leader(index)))
}

/** Bindings of librdkafka have names of their own. */
function hearsOneByOne({ softwareName }: Client): boolean {
  return softwareName !== undefined && /rdkafka|^confluent-kafka-/.test(softwareName)
}

/** It asks more than once at the same time; what it does between two answers takes its threads much less. */
const settleMs = 30
/** Longer than a client takes at its defaults to ask anew. */
const newsMs = 5_000
