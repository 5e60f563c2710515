import { type Clock, sleep } from '../../../../lib/clock.ts'
import { type ByteMeter, delayMsOf, emptyMeter, metered } from './byte-meter.ts'

/** What a log has written to etcd, and whether more can wait. */
export class ByteBudget {
  readonly #clock: Clock
  #meter: ByteMeter = emptyMeter

  constructor(clock: Clock) {
    this.#clock = clock
  }

  wrote(bytes: number): void {
    this.#meter = metered(this.#meter, bytes, this.#clock.monotonicMs())
  }

  /** How long whatever is not urgent should wait; 0 while there is room. */
  get delayMs(): number {
    return delayMsOf(this.#meter, this.#clock.monotonicMs())
  }

  /** For what can wait as long as it takes. */
  async room(): Promise<void> {
    for (let { delayMs } = this; delayMs > 0; { delayMs } = this) await sleep(this.#clock, delayMs)
  }
}
