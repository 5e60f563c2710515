import type { Address } from '../../broker/net/network-error.ts'
import type { RequestInputOf, ResponseOf } from '../../broker/protocol/apis.ts'
import type { Clock } from '../../lib/clock.ts'
import { BrokerConnection } from './broker-connection.ts'
import { isTransient, TransientError } from './client-error.ts'
import type { SpokenApi } from './versions.ts'

/** The brokers of a cluster, and a connection to each that is asked for something. */
export class Cluster {
  private readonly bootstrap: readonly Address[]
  private readonly clock: Clock
  private nodes: ReadonlyMap<number, Address> = new Map()
  private readonly leaders = new Map<number, BrokerConnection>()
  /** Of its own: questions must not wait behind a long poll. */
  private anyone: BrokerConnection | undefined
  private isClosed = false

  /** @param bootstrap Not dialled before something is asked. */
  constructor(bootstrap: readonly Address[], clock: Clock) {
    this.bootstrap = bootstrap
    this.clock = clock
  }

  /** Asks whichever broker answers. @throws What the last of them said, if none does. */
  async ask<N extends SpokenApi>(name: N, body: RequestInputOf<N>): Promise<ResponseOf<N>> {
    if (this.anyone?.isClosed === false) {
      try {
        return await this.anyone.request(name, body)
      } catch (error) {
        if (!isTransient(error)) throw error // others may still be there
      }
    }
    let last: unknown
    for (const address of [...this.bootstrap, ...this.nodes.values()]) {
      try {
        this.anyone = await this.open(address)
        return await this.anyone.request(name, body)
      } catch (error) {
        if (!isTransient(error)) throw error
        last ??= error // of the address that was given, which says more to its giver
      }
    }
    throw last
  }

  /** @throws {NetworkError} @throws {TransientError} The cluster has no such broker now. */
  async broker(nodeId: number): Promise<BrokerConnection> {
    const open = this.leaders.get(nodeId)
    if (open?.isClosed === false) return open
    const address = this.nodes.get(nodeId)
    if (address === undefined) throw new TransientError(`broker ${nodeId} is not there`)
    const connection = await this.open(address)
    this.leaders.set(nodeId, connection)
    return connection
  }

  /** The brokers as an answer to Metadata has them. */
  learn(brokers: ResponseOf<'Metadata'>['brokers']): void {
    if (brokers.length === 0) return // it knows of none, not even itself, just after it began
    this.nodes = new Map(brokers.map(({ nodeId, host, port }) => [nodeId, { host, port }]))
    for (const [nodeId, connection] of this.leaders) {
      if (this.nodes.has(nodeId)) continue
      connection.close()
      this.leaders.delete(nodeId)
    }
  }

  close(): void {
    this.isClosed = true
    this.anyone?.close()
    for (const connection of this.leaders.values()) connection.close()
  }

  private async open(address: Address): Promise<BrokerConnection> {
    const connection = await BrokerConnection.open(address, this.clock)
    if (this.isClosed) connection.close()
    return connection
  }
}
