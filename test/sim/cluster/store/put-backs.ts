import type { Doer, Faults } from '../../core/faults.ts'
import type { World } from '../../core/world.ts'

export type PutBacksOptions = {
  readonly faults: Faults
  /** Backs all up as it is now. @returns Puts it back; undefined where there is nothing worth it. */
  readonly backUp: () => (() => void) | undefined
}

/**
 * Puts the store back to an older state. By plan: at a time, to as it was `lengthMs` before. By chance, at
 * the rate of `partTakenBack`: to before a part of the log was made, soon after that, or while others are
 * deleted.
 */
export class PutBacks {
  readonly #world: World
  readonly #options: PutBacksOptions
  #putBack: (() => void) | undefined

  constructor(world: World, options: PutBacksOptions) {
    this.#world = world
    this.#options = options
  }

  /** For kinds of operations. */
  readonly doer: Doer = () => this.#options.backUp()

  /** A part is about to be made or deleted. */
  touches(call: 'create' | 'delete'): void {
    const { faults, backUp } = this.#options
    const random = faults.random('partTakenBack', call)
    if (call === 'delete') {
      if (random.below(2) === 0) this.#within(4)
    } else if (faults.strikes('partTakenBack', call)) {
      this.#putBack = backUp()
      this.#within(200)
    }
  }

  /** Once. */
  #within(mostMs: number): void {
    const putBack = this.#putBack
    if (putBack === undefined) return
    const afterMs = this.#options.faults.random('put back', 'store').below(mostMs)
    this.#world.at(afterMs, 'the store is put back', () => {
      if (this.#putBack !== putBack) return
      this.#putBack = undefined
      putBack()
    })
  }
}
