import type { Random } from '../../../lib/random.ts'
import { Crashed } from '../disk/errors.ts'
import type { World } from './world.ts'

/** How a node ended. */
export type Death = {
  /** Its machine is gone: no peer is told, nobody there refuses, and no page cache is left. */
  readonly isSilent: boolean
}

type Delivery = { readonly isTimer: boolean; readonly run: () => void }

/**
 * Between one life of a node and everything else. All that the node starts and all that is delivered
 * to it passes here: of a dead one nothing starts and nothing arrives, to a paused one it arrives
 * later. A crash comes into effect at the next call, since nothing can tell it from one between two
 * microtasks: "crash at the n-th call" tries every place.
 */
export class Gate {
  readonly name: string
  readonly world: World
  readonly #random: Random
  readonly #onDeath: ((death: Death) => void)[] = []
  #isPaused = false
  #held: Delivery[] = []
  #death: Death | undefined
  #calls = 0
  #planned: { call: number; death: Death } | undefined

  constructor(name: string, world: World) {
    this.name = name
    this.world = world
    this.#random = world.randomOf(`gate ${name}`)
  }

  /** Undefined while it lives. */
  get death(): Death | undefined {
    return this.#death
  }

  /** Calls that it made which start something; reading a clock is none. */
  get calls(): number {
    return this.#calls
  }

  /** Counts a call. @returns Whether it is to start. */
  begins(): boolean {
    if (this.#death !== undefined) return false
    if (++this.#calls === this.#planned?.call) this.crash(this.#planned.death)
    return this.#death === undefined
  }

  /** An effect that settles later; of a dead node never. A new promise each, or they would leak. */
  call<T>(start: () => T | Promise<T>): Promise<T> {
    if (!this.begins()) return new Promise<T>(() => {})
    return new Promise<T>((resolve, reject) => {
      // What it throws rejects.
      const outcome = (async () => start())()
      outcome.then(
        (value) => this.enter(() => resolve(value)),
        (error: Error) => this.enter(() => reject(error)),
      )
    })
  }

  /** An effect at once. @throws {Crashed} The node is dead: its code cannot go on without a result. */
  sync<T>(run: () => T): T {
    if (!this.begins()) throw new Crashed()
    return run()
  }

  /** What a test looks at from inside of a node. It is no call, and nothing where the node is dead. */
  probe(run: () => void): void {
    if (this.#death === undefined) run()
  }

  /** Something comes in. */
  enter(run: () => void, { isTimer = false }: { isTimer?: boolean } = {}): void {
    if (this.#death !== undefined) return
    if (this.#isPaused || this.#held.length > 0) this.#held.push({ isTimer, run })
    else run()
  }

  /** To be called from an event that is not the node's own. */
  pause(): void {
    if (this.#death !== undefined || this.#isPaused) return
    this.world.trace.add(`${this.name} pauses`)
    this.#isPaused = true
  }

  /**
   * What came meanwhile arrives in its order, each with all that follows from it. Every other time the
   * timers are first: they go off before what lies in the sockets is read, if the event loop was busy.
   */
  resume(): void {
    if (this.#death !== undefined || !this.#isPaused) return
    this.world.trace.add(`${this.name} resumes`)
    this.#isPaused = false
    if (this.#random.below(2) === 0) {
      this.#held.sort((a, b) => Number(b.isTimer) - Number(a.isTimer))
    }
    if (this.#held.length > 0) this.#release()
  }

  /** Crashes at a call to come: the how manieth of this life, from 1. */
  crashAt(call: number, death: Death = { isSilent: false }): void {
    this.#planned = { call, death }
  }

  crash(death: Death = { isSilent: false }): void {
    if (this.#death !== undefined) return
    this.world.trace.add(`${this.name} dies${death.isSilent ? ' silently' : ''}`)
    this.#death = death
    this.#held = []
    for (const tell of this.#onDeath) tell(death)
  }

  /** For what is around the node: its network, its disk. */
  onDeath(tell: (death: Death) => void): void {
    this.#onDeath.push(tell)
  }

  #release(): void {
    this.world.at(0, `${this.name} catches up`, () => {
      if (this.#isPaused) return // again: once more at the next resume
      this.#held.shift()?.run()
      if (this.#held.length > 0) this.#release()
    })
  }
}
