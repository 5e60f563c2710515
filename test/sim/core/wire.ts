import type { Random } from '../../../lib/random.ts'
import type { World } from './world.ts'

type Packet = { readonly label: string; readonly era: number; readonly arrive: () => void }

/** From one host to another: it may be cut, which says nothing of the other direction. */
export class Road {
  readonly name: string
  readonly world: World
  readonly random: Random
  #cuts = 0
  #stalls = 0
  #stuck: Wire[] = []

  constructor(name: string, world: World) {
    this.name = name
    this.world = world
    this.random = world.randomOf(`road ${name}`)
  }

  get isCut(): boolean {
    return this.#cuts > 0
  }

  /** Some connections over it are as if it were cut, and others are not. */
  get isStalled(): boolean {
    return this.#stalls > 0
  }

  stall(): void {
    this.#stalls++
  }

  goOn(): void {
    if (this.#stalls > 0) this.#stalls--
    this.#wakeStuck()
  }

  /** Once more each time: it is whole again after as many `heal`. */
  cut(): void {
    this.#cuts++
  }

  heal(): void {
    if (this.#cuts > 0) this.#cuts--
    this.#wakeStuck()
  }

  wakeAfterCut(wire: Wire): void {
    this.#stuck.push(wire)
  }

  #wakeStuck(): void {
    if (this.isCut) return
    const stuck = this.#stuck
    this.#stuck = []
    for (const wire of stuck) wire.goOn()
  }
}

/** One direction of one connection. What is sent arrives in its order; over a cut road, once it is whole. */
export class Wire {
  readonly road: Road
  readonly #name: string
  readonly #stallsWithRoad: boolean
  #lastMs = 0
  /** What was sent in an earlier one is dropped. */
  #era = 0
  #stuck: Packet[] = []

  constructor(road: Road, name: string) {
    this.road = road
    this.#name = name
    this.#stallsWithRoad = road.world.randomOf(`stalls of ${road.name}`).below(2) === 0
  }

  send(label: string, delayMs: number, arrive: () => void): void {
    const { world } = this.road
    this.#lastMs = Math.max(this.#lastMs, world.nowMs + delayMs)
    const packet = { label: `${this.#name} ${label}`, era: this.#era, arrive }
    world.at(this.#lastMs - world.nowMs, packet.label, () => this.#take(packet))
  }

  /** Drops all that is under way. */
  clear(): void {
    this.#era++
    this.#stuck = []
  }

  /** A lost packet is sent again at growing distances: a connection notices some time after it could. */
  goOn(): void {
    const delayMs = this.road.random.below(2) === 0 ? 0 : this.road.random.below(200)
    this.road.world.at(delayMs, `${this.#name} goes on`, () => this.#next())
  }

  #take(packet: Packet): void {
    if (packet.era !== this.#era) return
    const isBehind = this.#stuck.length > 0
    if (!isBehind && !this.#isHeld) return packet.arrive()
    this.#stuck.push(packet)
    if (!isBehind) this.road.wakeAfterCut(this)
  }

  get #isHeld(): boolean {
    return this.road.isCut || (this.road.isStalled && this.#stallsWithRoad)
  }

  #next(): void {
    if (this.#isHeld) return this.road.wakeAfterCut(this)
    const packet = this.#stuck.shift()
    if (packet === undefined) return
    const { world } = this.road
    world.trace.add(packet.label)
    packet.arrive()
    // Each with all that follows from it.
    if (this.#stuck.length > 0) world.at(0, `${this.#name} goes on`, () => this.#next())
  }
}
