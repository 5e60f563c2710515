import type { Doer } from './faults.ts'
import { Incarnation } from './incarnation.ts'
import type { Network } from './network.ts'
import type { World } from './world.ts'

/** A machine with one node, which lives again and again. */
export class Host {
  readonly name: string
  readonly #world: World
  readonly #boot: (node: Incarnation) => void
  #node: Incarnation

  /** @param boot Plugs a new life in, and starts it. It is called at once for the first. */
  constructor(world: World, name: string, boot: (node: Incarnation) => void) {
    this.name = name
    this.#world = world
    this.#boot = boot
    this.#node = new Incarnation(world, { host: name, life: 1 })
    boot(this.#node)
  }

  /** The present life, or the last. */
  get node(): Incarnation {
    return this.#node
  }

  /** Nothing happens where it lives. */
  boot(): void {
    if (this.#node.isAlive) return
    this.#node = new Incarnation(this.#world, { host: this.name, life: this.#node.life + 1 })
    this.#boot(this.#node)
  }
}

/** What can be done to nodes and roads, by the kinds of a plan. `on` names a host; for a cut, two. */
export function doersOf({
  world,
  network,
  hosts,
}: {
  world: World
  network: Network
  hosts: readonly Host[]
}): Readonly<
  Record<'crash' | 'powerLoss' | 'crashAtCall' | 'pause' | 'cut' | 'stall' | 'jump', Doer>
> {
  return {
    crash: ({ on }) => crash(on, { isSilent: false }),
    powerLoss: ({ on }) => crash(on, { isSilent: true }),
    crashAtCall({ on, amount, lengthMs }) {
      const host = hostOf(on)
      const { gate } = host.node
      gate.crashAt(gate.calls + 1 + amount)
      gate.onDeath(() => void world.at(lengthMs, `${host.name} comes back`, () => host.boot()))
    },
    pause({ on }) {
      const { gate } = hostOf(on).node
      gate.pause()
      return () => gate.resume()
    },
    /** One way; with a second operation the other. */
    cut({ on: [from = '', to = ''] }) {
      network.cut(from, to)
      return () => network.heal(from, to)
    },
    /** The same for some connections and not for others. */
    stall({ on: [from = '', to = ''] }) {
      network.stall(from, to)
      return () => network.goOn(from, to)
    },
    /** To so many milliseconds ahead of the others, for this life. */
    jump({ on, amount }) {
      hostOf(on).node.clock.aheadMs = amount
    },
  }

  function crash(on: readonly string[], death: { isSilent: boolean }) {
    const host = hostOf(on)
    host.node.gate.crash(death)
    return () => host.boot()
  }

  function hostOf([name]: readonly string[]): Host {
    const host = hosts.find((one) => one.name === name)
    if (host === undefined) throw new Error(`no host is called ${name}`)
    return host
  }
}
