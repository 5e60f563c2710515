import type { Clock } from '../../../lib/clock.ts'
import type { MetadataImage } from '../../metadata/image.ts'

type Suspicion = { readonly brokerEpoch: number; readonly resetMs: number }

/**
 * Leaders whose connection to here was reset a moment ago. Most likely they are dead, and the metadata log is
 * about to say who leads in their place. Until it does, clients are better not sent there: they wait for a moment,
 * and where nothing was decided by then, since no controller is there either, they hear that nobody leads and ask
 * again. Up to when that has had its time, too: it may be this broker alone that cannot reach them.
 */
export class Suspicions {
  readonly #clock: Pick<Clock, 'monotonicMs'>
  readonly #image: () => MetadataImage
  readonly #byBroker = new Map<number, Suspicion>()

  constructor(clock: Pick<Clock, 'monotonicMs'>, image: () => MetadataImage) {
    this.#clock = clock
    this.#image = image
  }

  /** Its connection was reset just now. Where it was before, and has not served since, its time goes on. */
  suspect(brokerId: number): void {
    const brokerEpoch = this.#image().brokers.get(brokerId)?.epoch
    if (brokerEpoch === undefined || this.#ageMs(brokerId) !== undefined) return
    this.#byBroker.set(brokerId, { brokerEpoch, resetMs: this.#clock.monotonicMs() })
  }

  /** It serves. */
  trust(brokerId: number): void {
    this.#byBroker.delete(brokerId)
  }

  /** For how long at most a client is to wait that would be sent to one of these brokers, in ms; 0: not at all. */
  leftMs(isMeant: (brokerId: number) => boolean): number {
    let left = 0
    for (const brokerId of this.#byBroker.keys()) {
      const ageMs = this.#ageMs(brokerId)
      if (ageMs === undefined || holdMs - ageMs <= left) continue
      if (isMeant(brokerId)) left = holdMs - ageMs
    }
    return left
  }

  /** Whether it is still to be taken for dead now that its clients have waited. */
  isLost(brokerId: number): boolean {
    const ageMs = this.#ageMs(brokerId)
    return ageMs !== undefined && ageMs >= holdMs
  }

  /**
   * Since when it is suspected. Not one that is fenced by now, and nobody is told of, nor one that has registered
   * anew: what it leads it leads in a later epoch.
   */
  #ageMs(brokerId: number): number | undefined {
    const suspicion = this.#byBroker.get(brokerId)
    if (suspicion === undefined) return undefined
    const broker = this.#image().brokers.get(brokerId)
    const ageMs = this.#clock.monotonicMs() - suspicion.resetMs
    const isOver = ageMs >= lostMs || broker?.fenced !== false
    if (!isOver && broker.epoch === suspicion.brokerEpoch) return ageMs
    this.#byBroker.delete(brokerId)
    return undefined
  }
}

/** A failover takes half of that. */
const holdMs = 500
/** Longer than a hanging controller is waited for, and a broker that its successor hears nothing of. */
const lostMs = 10_000
