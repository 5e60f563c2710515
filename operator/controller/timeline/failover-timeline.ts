import type { MetadataImage } from '../../../broker/metadata/image.ts'
import type { MetadataRecord } from '../../../broker/metadata/records.ts'
import type { Clock } from '../../../lib/clock.ts'
import type { Failover } from './failover.ts'
import { type Instant, instantOf } from './instant.ts'
import { movedLeaders } from './moved-leaders.ts'
import { type Detection, OpenFailover } from './open-failover.ts'

export type FailoverTimelineOptions = {
  readonly clock: Pick<Clock, 'nowMs' | 'monotonicMs'>
  /** Told of each once, when all who are to lead do, or when nobody waits for that any more. */
  readonly onFailover: (failover: Failover) => void
}

/**
 * Notes when each step of a failover was. It decides nothing and has no timer: brokers that are there
 * say so every half second, and with that it looks whether something has waited for too long.
 */
export class FailoverTimeline {
  readonly #options: FailoverTimelineOptions
  /** By broker. */
  readonly #lastSeen = new Map<number, Instant>()
  #open: OpenFailover[] = []

  constructor(options: FailoverTimelineOptions) {
    this.#options = options
  }

  /** A broker spoke, or its connection was lost: until then it was there. */
  seen(brokerId: number): void {
    const now = this.#now()
    this.#lastSeen.set(brokerId, now)
    if (this.#open.length > 0) this.#tell((failover) => isOverdue(failover, now))
  }

  /** It was not heard of, or its process is known to be dead. */
  lost(brokerId: number, why: string): Detection {
    const lastHeard = this.#lastSeen.get(brokerId)
    return { brokerId, why, lastHeard, detected: this.#now() }
  }

  /** It said itself that it does not go on as it was. */
  leaves(brokerId: number, why: string): Detection {
    return { brokerId, why, lastHeard: undefined, detected: this.#now() }
  }

  /**
   * What was decided of brokers that are gone.
   *
   * @param about.image On which it was decided.
   * @param about.offset That the first record will have.
   */
  decided(
    records: readonly MetadataRecord[],
    about: { image: MetadataImage; offset: number; detections: readonly Detection[] },
  ): void {
    const decided = this.#now()
    const controllerEpoch = about.image.controller.epoch
    for (const moved of movedLeaders(records, about)) {
      for (const failover of this.#open) failover.gone(moved.brokerId)
      const detection = about.detections.find(({ brokerId }) => brokerId === moved.brokerId)
      if (detection === undefined || moved.partitions === 0) continue
      this.#open.push(new OpenFailover(moved, { detection, decided, controllerEpoch }))
    }
    if (this.#open.length > 0) this.#tell(({ isComplete }) => isComplete)
  }

  /** The metadata log goes up to an offset. */
  committed(endOffset: number): void {
    this.#note((failover, now) => failover.committed(endOffset, now))
  }

  /** A broker was sent the log up to an offset. */
  sent(brokerId: number, endOffset: number): void {
    this.#note((failover, now) => failover.sent(brokerId, endOffset, now))
  }

  /** A broker acts on the log up to an offset. */
  acts(brokerId: number, endOffset: number): void {
    this.#note((failover, now) => failover.acts(brokerId, endOffset, now))
  }

  /** Another controller may be deciding: nothing more is told. */
  close(): void {
    this.#open = []
  }

  #note(what: (failover: OpenFailover, now: Instant) => void): void {
    if (this.#open.length === 0) return
    const now = this.#now()
    for (const failover of this.#open) what(failover, now)
    this.#tell(({ isComplete }) => isComplete)
  }

  #tell(isDue: (failover: OpenFailover) => boolean): void {
    const due = this.#open.filter(isDue)
    if (due.length === 0) return
    this.#open = this.#open.filter((failover) => !due.includes(failover))
    for (const failover of due) this.#options.onFailover(failover.told())
  }

  #now(): Instant {
    return instantOf(this.#options.clock)
  }
}

/** Who was asked to lead and has not shown that it does is not waited for any longer. */
function isOverdue({ appended }: OpenFailover, now: Instant): boolean {
  return appended !== undefined && now.monotonicMs - appended.monotonicMs > patienceMs
}

const patienceMs = 5_000
