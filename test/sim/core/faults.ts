import type { Random } from '../../../lib/random.ts'
import type { FaultPlan, Operation } from './fault-plan.ts'
import { noFaults } from './fault-plan.ts'
import type { World } from './world.ts'

/** How often a fault struck, of how many chances that it had. Of an operation both are the same. */
export type Strikes = { struck: number; chances: number }

/** What one kind of operation does. @returns What ends it after its `lengthMs`, if anything. */
export type Doer = (operation: Operation) => (() => void) | void

/** The faults of one run: whoever may fail asks here, and all that strikes is counted. */
export class Faults {
  readonly #world: World
  readonly #plan: FaultPlan
  readonly #counts = new Map<string, Strikes>()

  constructor(world: World, plan: FaultPlan = noFaults(world.seed)) {
    this.#world = world
    this.#plan = plan
  }

  /** By kind. */
  get counts(): ReadonlyMap<string, Strikes> {
    return this.#counts
  }

  /** Whether one of `plan.rates` strikes now. @param where Each place has a chance of its own. */
  strikes(kind: string, where: string): boolean {
    const rate = this.#plan.rates[kind] ?? 0
    if (rate === 0 || this.#world.nowMs >= this.#plan.lengthMs) return false
    const count = this.#countOf(kind)
    count.chances++
    if (this.random(kind, where).below(2 ** 32) >= rate * 2 ** 32) return false
    count.struck++
    return true
  }

  /** How badly it strikes. */
  random(kind: string, where: string): Random {
    return this.#world.randomOf(`fault ${kind} ${where}`)
  }

  /** Plans all operations. A kind without a doer is a mistake of the caller, who is told at its time. */
  carryOut(doers: Readonly<Record<string, Doer>>): void {
    for (const operation of this.#plan.operations) {
      const { kind, on, atMs, lengthMs } = operation
      if (atMs >= this.#plan.lengthMs) continue
      const label = `${kind} ${on.join(' ')}`
      this.#world.at(atMs, label, () => {
        const doer = doers[kind]
        if (doer === undefined) throw new Error(`nobody knows how to do ${kind}`)
        const count = this.#countOf(kind)
        count.chances++
        count.struck++
        const end = doer(operation)
        if (end !== undefined) this.#world.at(lengthMs, `end of ${label}`, end)
      })
    }
  }

  #countOf(kind: string): Strikes {
    let count = this.#counts.get(kind)
    if (count === undefined) {
      count = { struck: 0, chances: 0 }
      this.#counts.set(kind, count)
    }
    return count
  }
}
