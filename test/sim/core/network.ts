import { Faults } from './faults.ts'
import type { Incarnation } from './incarnation.ts'
import { Link } from './link.ts'
import { type NetworkSettings, NetworkState } from './network-state.ts'
import type { Transport } from './transport.ts'
import type { World } from './world.ts'

/** Of product code, but for the first three. */
const usual: NetworkSettings = {
  mostDelayMs: 2,
  slowMs: 150,
  stuckMs: 3_000,
  lateMs: 4_000,
  connectTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
}

/**
 * Connections between hosts, with the manners of TCP: in one connection all is in order, between two
 * nothing is; what breaks is noticed by both ends, later, and what was under way may have arrived.
 * Faults by rate: `delay` and `stuck` (a packet), `loss` (the connection breaks, with or without what is under way),
 * `late` (the connection breaks, and the request arrives long after). Others are done by hand:
 * `cut`, and what befalls nodes.
 */
export class Network {
  readonly #state: NetworkState

  constructor(
    world: World,
    {
      faults = new Faults(world),
      ...settings
    }: { faults?: Faults } & Partial<NetworkSettings> = {},
  ) {
    this.#state = new NetworkState(world, { faults, settings: { ...usual, ...settings } })
  }

  /** Plugs in one life of a host, once. */
  transportOf(node: Incarnation): Transport {
    const state = this.#state
    state.join(node)
    return {
      async connect(to) {
        if (!node.gate.begins()) return new Promise(() => {})
        return new Link(state, { from: node, to }).client.opened
      },
      listen(port, serve) {
        if (!node.gate.begins()) return { close() {} }
        return { close: state.listen({ host: node.host, port }, { node, serve }) }
      },
    }
  }

  /**
   * Nothing arrives from there; the other way is another road. It is not lost: connections hold,
   * and it arrives after the cut, unless somebody gives up before.
   */
  cut(from: string, to: string): void {
    this.#state.road(from, to).cut()
  }

  /** As if it were cut for half of the connections over it; what of a peer comes late differs by that. */
  stall(from: string, to: string): void {
    this.#state.road(from, to).stall()
  }

  /** After as many as there were stalls. */
  goOn(from: string, to: string): void {
    this.#state.road(from, to).goOn()
  }

  /** After as many as there were cuts. */
  heal(from: string, to: string): void {
    this.#state.road(from, to).heal()
  }
}
