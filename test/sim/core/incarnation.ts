import type { Random } from '../../../lib/random.ts'
import { Gate } from './gate.ts'
import { GatedClock } from './gated-clock.ts'
import type { World } from './world.ts'

/**
 * One life of a node: its gate, and the ports behind it that every node has. Those of the network are
 * `network.transportOf(incarnation)`. Stores and disks are wrapped, call by call, in `gate.call` (settles
 * later) and `gate.sync` (at once).
 */
export class Incarnation {
  readonly host: string
  /** From 1. */
  readonly life: number
  readonly world: World
  readonly gate: Gate
  readonly clock: GatedClock

  constructor(world: World, { host, life }: { host: string; life: number }) {
    this.world = world
    this.host = host
    this.life = life
    this.gate = new Gate(`${host}#${life}`, world)
    this.clock = new GatedClock(this.gate)
  }

  get name(): string {
    return this.gate.name
  }

  get isAlive(): boolean {
    return this.gate.death === undefined
  }

  /** The chance of one part of this node, in this life. */
  random(part: string): Random {
    return this.world.randomOf(`${this.name} ${part}`)
  }

  /** From an event on, so that it runs under the driver. What it rejects with ends the run. */
  start(main: () => void | Promise<void>): void {
    this.world.at(0, `${this.name} starts`, () => {
      this.gate.enter(() => {
        // Nobody waits for it: a rejection is not handled, and the driver sees that.
        void main()
      })
    })
  }
}
