import { type Address, textOf } from '../../../broker/net/network-error.ts'
import { ClientEnd } from './client-end.ts'
import type { Death } from './gate.ts'
import type { Incarnation } from './incarnation.ts'
import type { NetworkState } from './network-state.ts'
import { ServerEnd } from './server-end.ts'
import { Wire } from './wire.ts'

/**
 * One connection: its two ends, two wires between them, and what befalls it. The kernels of both
 * machines are in it: they connect, and say that a process is gone, whatever that process does.
 */
export class Link {
  readonly client: ClientEnd
  readonly #id: number
  readonly #network: NetworkState
  readonly #dialler: Incarnation
  readonly #address: Address
  readonly #there: Wire
  readonly #back: Wire
  #server: ServerEnd | undefined
  /** What is sent from now on goes nowhere. */
  #isBroken = false

  constructor(network: NetworkState, { from, to }: { from: Incarnation; to: Address }) {
    this.#id = network.nextId()
    this.#network = network
    this.#dialler = from
    this.#address = to
    this.#there = new Wire(network.road(from.host, to.host), `c${this.#id} ${from.host}>${to.host}`)
    this.#back = new Wire(network.road(to.host, from.host), `c${this.#id} ${to.host}>${from.host}`)
    network.links(from).add(this)
    const { connectTimeoutMs, requestTimeoutMs } = network.settings
    const timeouts = { connectTimeoutMs, requestTimeoutMs }
    this.client = new ClientEnd({ node: from, remote: to, link: this, ...timeouts })
    // It may have crashed at the timer of that.
    if (from.isAlive) this.#send(this.#there, 'connect', () => this.#accept())
  }

  request(name: string, body: unknown): void {
    if (this.#isBroken || this.#loses(this.#there)) return
    const { faults, settings } = this.#network
    const { name: road } = this.#there.road
    const isLate = faults.strikes('late', road)
    const lateMs = isLate ? faults.random('late', road).below(settings.lateMs) : 0
    const arrive = () => this.#atServer((end) => end.asked(name, body))
    this.#send(this.#there, `request ${name}`, arrive, { lateMs })
    // The client believes it lost, may dial again and repeat it; then it arrives after all.
    if (isLate) this.#reset({ clears: [this.#back] })
  }

  answer(name: string, body: unknown): void {
    if (this.#isBroken || this.#loses(this.#back)) return
    this.#send(this.#back, `answer ${name}`, () => this.#atClient((end) => end.answered(body)))
  }

  clientClosed(): void {
    this.#send(this.#there, 'end', () => this.#atServer((end) => end.ended()))
  }

  serverClosed(): void {
    this.#endAtClient('end')
  }

  /** Its kernel closes what a process leaves, and may throw away what it had sent. */
  died(node: Incarnation, { isSilent }: Death): void {
    if (isSilent) return
    if (node === this.#dialler) {
      if (this.#isThrownAway(this.#there)) this.#there.clear()
      this.#endAtServer('reset')
    }
    if (node === this.#server?.node) {
      if (this.#isThrownAway(this.#back)) this.#back.clear()
      this.#endAtClient('reset')
    }
  }

  forget(node: Incarnation): void {
    this.#network.links(node).delete(this)
  }

  #accept(): void {
    const { host } = this.#address
    if (this.#network.isGone(host)) return // nobody there to say no
    const listener = this.#network.listener(this.#address)
    if (listener === undefined) {
      const why = `refused, nobody listens at ${textOf(this.#address)}`
      this.#send(this.#back, 'refused', () => this.client.ended('ECONNREFUSED', why))
      return
    }
    const { node, serve } = listener
    const peer = this.#dialler.host
    this.#server = new ServerEnd({ id: this.#id, peer, node, link: this, serve })
    this.#network.links(node).add(this)
    this.#send(this.#back, 'accept', () => this.client.accepted())
  }

  #atServer(deliver: (end: ServerEnd) => void): void {
    const server = this.#server
    if (server === undefined) return
    if (this.#knowsNothing(server.node)) this.#endAtClient('reset')
    else deliver(server)
  }

  #atClient(deliver: (end: ClientEnd) => void): void {
    if (this.#knowsNothing(this.#dialler)) this.#endAtServer('reset')
    else deliver(this.client)
  }

  /** Its machine was gone and is back: it answers what it does not know with a reset. */
  #knowsNothing({ gate, host }: Incarnation): boolean {
    return gate.death?.isSilent === true && !this.#network.isGone(host)
  }

  #loses(wire: Wire): boolean {
    if (!this.#network.faults.strikes('loss', wire.road.name)) return false
    this.#reset({ clears: [this.#there, this.#back].filter((one) => this.#isThrownAway(one)) })
    return true
  }

  /** The connection breaks, and each end hears of it after what is under way to it. */
  #reset({ clears }: { clears: readonly Wire[] }): void {
    for (const wire of clears) wire.clear()
    this.#isBroken = true
    this.#endAtServer('reset')
    this.#endAtClient('reset')
  }

  #endAtServer(label: string): void {
    this.#send(this.#there, label, () => this.#server?.ended())
  }

  #endAtClient(label: string): void {
    const why = label === 'end' ? 'the peer closed the connection' : 'the connection was reset'
    this.#send(this.#back, label, () => this.client.ended('ECONNRESET', why))
  }

  #isThrownAway({ road }: Wire): boolean {
    return this.#network.faults.random('thrown away', road.name).below(2) === 0
  }

  #struckBy(kind: string, { road }: Wire, mostMs: number): number {
    const { faults } = this.#network
    return faults.strikes(kind, road.name) ? faults.random(kind, road.name).below(mostMs) : 0
  }

  #send(wire: Wire, label: string, arrive: () => void, { lateMs = 0 } = {}): void {
    const { settings } = this.#network
    const { road } = wire
    const usualMs = (1 + road.random.below(settings.mostDelayMs * 8)) / 8
    const slowMs = this.#struckBy('delay', wire, settings.slowMs)
    const stuckMs = this.#struckBy('stuck', wire, settings.stuckMs)
    wire.send(label, usualMs + slowMs + stuckMs + lateMs, arrive)
  }
}
