import { type Address, textOf } from '../../../broker/net/network-error.ts'
import type { Faults } from './faults.ts'
import type { Incarnation } from './incarnation.ts'
import type { Link } from './link.ts'
import type { Serve } from './transport.ts'
import { Road } from './wire.ts'
import type { World } from './world.ts'

export type NetworkSettings = {
  /** The usual way takes from an eighth of a millisecond to this. Whole milliseconds. */
  readonly mostDelayMs: number
  /** The most that the fault `delay` adds to one packet. */
  readonly slowMs: number
  /** The most that the fault `stuck` adds to one packet, and to all behind it on its connection. */
  readonly stuckMs: number
  /** The most that the fault `late` adds to a request whose connection is broken already. */
  readonly lateMs: number
  readonly connectTimeoutMs: number
  readonly requestTimeoutMs: number
}

type Listener = { readonly node: Incarnation; readonly serve: Serve }

/** What the connections of a network share: roads, who lives where, who listens. */
export class NetworkState {
  readonly world: World
  readonly faults: Faults
  readonly settings: NetworkSettings
  readonly #roads = new Map<string, Road>()
  /** The last life of each host. */
  readonly #nodes = new Map<string, Incarnation>()
  readonly #links = new Map<Incarnation, Set<Link>>()
  readonly #listeners = new Map<string, Listener>()
  #lastId = 0

  constructor(world: World, options: { faults: Faults; settings: NetworkSettings }) {
    this.world = world
    this.faults = options.faults
    this.settings = options.settings
  }

  nextId(): number {
    return ++this.#lastId
  }

  road(from: string, to: string): Road {
    const name = `${from}>${to}`
    let road = this.#roads.get(name)
    if (road === undefined) {
      road = new Road(name, this.world)
      this.#roads.set(name, road)
    }
    return road
  }

  join(node: Incarnation): void {
    this.#nodes.set(node.host, node)
    node.gate.onDeath((death) => {
      for (const link of this.links(node)) link.died(node, death)
      this.#links.delete(node)
    })
  }

  /** Whether its machine is: then nobody refuses or resets anything there. */
  isGone(host: string): boolean {
    return this.#nodes.get(host)?.gate.death?.isSilent === true
  }

  /** The connections of a node that lives. */
  links(node: Incarnation): Set<Link> {
    let links = this.#links.get(node)
    if (links === undefined) {
      links = new Set()
      if (node.isAlive) this.#links.set(node, links)
    }
    return links
  }

  listener(address: Address): Listener | undefined {
    const listener = this.#listeners.get(textOf(address))
    return listener?.node.isAlive === true ? listener : undefined
  }

  /** @returns Ends it. */
  listen(address: Address, listener: Listener): () => void {
    const key = textOf(address)
    if (this.listener(address) !== undefined) throw new Error(`${key} is in use`)
    this.#listeners.set(key, listener)
    return () => {
      if (this.#listeners.get(key) === listener) this.#listeners.delete(key)
    }
  }
}
