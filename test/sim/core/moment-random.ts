import type { Random } from '../../../lib/random.ts'
import { chanceOf } from '../disk/chance.ts'

/**
 * Chance that depends on the seed, on whose it is, on when it is asked, and on nothing before: where a
 * fault or a request is left out, what has nothing to do with it goes on as it did. With a stream, all
 * that is drawn later would shift, and plans would hardly shrink.
 */
export class MomentRandom implements Random {
  readonly #nowMs: () => number
  readonly #lanes: readonly [number, number]
  #lastMs = -1
  #asked = 0

  /** @param nowMs In whole eighths. */
  constructor(seed: number, label: string, nowMs: () => number) {
    const chance = chanceOf(seed, label)
    this.#lanes = [chance(2 ** 32), chance(2 ** 32)]
    this.#nowMs = nowMs
  }

  below(below: number): number {
    return this.#next(this.#lanes[0]) % below
  }

  /** From both lanes, so that ids that are made at any time by anybody differ. */
  bytes(count: number): Uint8Array {
    return Uint8Array.from(
      { length: count },
      (_, at) => this.#next(this.#lanes[at % 2 ? 1 : 0]) & 255,
    )
  }

  #next(lane: number): number {
    const nowMs = this.#nowMs()
    this.#asked = nowMs === this.#lastMs ? this.#asked + 1 : 0
    this.#lastMs = nowMs
    return mix(mix(lane ^ (nowMs * 8)) + this.#asked)
  }
}

/** The finalizer of MurmurHash3. */
function mix(value: number): number {
  let bits = value ^ (value >>> 16)
  bits = Math.imul(bits, 0x85ebca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
  return (bits ^ (bits >>> 16)) >>> 0
}
