import type { Clock } from '../../../lib/clock.ts'
import type { MetadataImage } from '../../metadata/image.ts'

type Suspicion = { readonly brokerEpoch: number; readonly untilMs: number }

/**
 * Leaders whose connection to here was reset a moment ago. Most likely they are dead, and the metadata log is
 * about to say who leads in their place; until it does, or it has had its time, clients are better not sent there.
 */
export class Suspicions {
  readonly #clock: Pick<Clock, 'monotonicMs'>
  readonly #image: () => MetadataImage
  readonly #byBroker = new Map<number, Suspicion>()

  constructor(clock: Pick<Clock, 'monotonicMs'>, image: () => MetadataImage) {
    this.#clock = clock
    this.#image = image
  }

  /** Its connection was reset just now. */
  suspect(brokerId: number): void {
    const brokerEpoch = this.#image().brokers.get(brokerId)?.epoch
    if (brokerEpoch === undefined) return
    this.#byBroker.set(brokerId, { brokerEpoch, untilMs: this.#clock.monotonicMs() + mostMs })
  }

  /** It serves. */
  trust(brokerId: number): void {
    this.#byBroker.delete(brokerId)
  }

  /**
   * For how long at most some of these brokers will be suspected, in ms; 0: none is. Not one that is fenced by now,
   * and nobody is told of, nor one that has registered anew: what it leads it leads in a later epoch.
   */
  leftMs(isMeant: (brokerId: number) => boolean): number {
    let left = 0
    for (const [brokerId, { brokerEpoch, untilMs }] of this.#byBroker) {
      const broker = this.#image().brokers.get(brokerId)
      const ownMs = untilMs - this.#clock.monotonicMs()
      if (ownMs <= 0 || broker?.fenced !== false || broker.epoch !== brokerEpoch) {
        this.#byBroker.delete(brokerId)
      } else if (ownMs > left && isMeant(brokerId)) left = ownMs
    }
    return left
  }
}

/** A failover takes half of that. Where there is none the broker lives, or nobody may lead in its place. */
const mostMs = 500
