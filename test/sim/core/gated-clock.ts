import type { Clock, Timer } from '../../../lib/clock.ts'
import { invariant } from '../../../lib/invariant.ts'
import type { Gate } from './gate.ts'

/** The clock of one life of a node. */
export class GatedClock implements Clock {
  readonly #gate: Gate
  readonly #monotonicBaseMs: number
  /** Ahead of the others: the time of day may jump, and be wrong. */
  aheadMs = 0

  constructor(gate: Gate) {
    this.#gate = gate
    // Another one in each life: nobody may compare it with that of somebody else, or keep it.
    this.#monotonicBaseMs = gate.world.randomOf(`clock ${gate.name}`).below(2 ** 31) / 8
  }

  nowMs(): number {
    return startMs + Math.floor(this.#gate.world.nowMs) + this.aheadMs
  }

  monotonicMs(): number {
    return this.#monotonicBaseMs + this.#gate.world.nowMs
  }

  timer(delayMs: number, callback: () => void): Timer {
    const gate = this.#gate
    invariant(delayMs <= 2 ** 31 - 1, `Node calls at once after ${delayMs} ms: it is too long`)
    if (!gate.begins()) return { cancel() {} }
    let isCancelled = false
    const arrive = () => {
      // It may have waited for a paused node, and been cancelled by what came before it.
      gate.enter(() => isCancelled || callback(), { isTimer: true })
    }
    // As Node has it: never less than a millisecond.
    const timer = gate.world.at(Math.max(1, delayMs), `${gate.name} timer`, arrive)
    return {
      cancel() {
        isCancelled = true
        timer.cancel()
      },
    }
  }

  /** It takes a little while, so that who takes turns for ever does not stop the time. */
  turn(): Promise<void> {
    const { world, name } = this.#gate
    return this.#gate.call(() => world.sleep(1 / 8, `${name} turn`))
  }
}

const startMs = 1_700_000_000_000
