import type { Clock } from '../../lib/clock.ts'
import type { MetadataImage } from '../metadata/image.ts'
import { Suspicions } from '../replication/follower/suspicions.ts'

/**
 * Answers that would send a client to a leader which is most likely dead, and wait for the metadata log to say who
 * leads now. (Measured with 160 ms to failover: librdkafka at its defaults loses 0.9 s where it hears the dead name,
 * and 0.17 s where it has to wait.)
 */
export class HeldAnswers {
  readonly #clock: Clock
  readonly #suspicions: Suspicions
  /** Each looks whether it is to wait on. */
  readonly #waiting = new Set<() => void>()
  #isEnding = false

  constructor({ clock, image }: { clock: Clock; image: () => MetadataImage }) {
    this.#clock = clock
    this.#suspicions = new Suspicions(clock, image)
  }

  /** The connection to a leader was reset while its answer was awaited. */
  suspect(brokerId: number): void {
    this.#suspicions.suspect(brokerId)
  }

  /** It answers again. */
  trust(brokerId: number): void {
    this.#suspicions.trust(brokerId)
    this.look()
  }

  /**
   * Settles once an answer names no suspected broker any more, or has waited for long enough; undefined: it need
   * not wait, or not any more.
   *
   * @param names Whether the answer sends its client to a broker, as the metadata is now.
   * @param onClosed Calls back if its connection closes before that.
   */
  hold(
    names: (brokerId: number) => boolean,
    onClosed: (callback: () => void) => void,
  ): Promise<void> | undefined {
    const leftMs = this.#leftMs(names)
    if (leftMs === 0) return undefined
    const { promise, resolve } = Promise.withResolvers<void>()
    const look = () => {
      if (this.#leftMs(names) === 0) end()
    }
    const end = () => {
      timer.cancel()
      this.#waiting.delete(look)
      resolve()
    }
    // Whoever is suspected meanwhile: nobody waits for longer than that.
    const timer = this.#clock.timer(leftMs, end)
    this.#waiting.add(look)
    onClosed(end)
    return promise
  }

  /**
   * Whether clients are not sent to a broker though the metadata names it: they have waited, and nothing was decided.
   * Else a client may take half a minute to find out that a machine does not answer which is gone (seen with Java on
   * Kubernetes, where an operator was lost with the broker), and who hears that nobody leads asks again.
   */
  isLost(brokerId: number): boolean {
    return this.#suspicions.isLost(brokerId)
  }

  /** To be called when the metadata has changed. */
  look(): void {
    for (const look of this.#waiting) look()
  }

  /** This broker stops: whoever waits is answered, and nobody waits any more. */
  drain(): void {
    this.#isEnding = true
    this.look()
  }

  #leftMs(names: (brokerId: number) => boolean): number {
    return this.#isEnding ? 0 : this.#suspicions.leftMs(names)
  }
}
