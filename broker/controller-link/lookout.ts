import type { Clock } from '../../lib/clock.ts'
import type { MetadataCopy } from '../metadata/files/metadata-copy.ts'
import type { MetadataPosition } from '../metadata/position.ts'
import type { ClientConnection } from '../net/client-connection.ts'
import { type Address, NetworkError, textOf } from '../net/network-error.ts'
import type { SeenController } from './choose-controller.ts'
import { LinkError } from './link-error.ts'
import { askPosition, type Fetcher } from './metadata-feed.ts'

type LookoutOptions = {
  readonly dial: (address: Address) => Promise<ClientConnection>
  readonly copy: MetadataCopy
  readonly clock: Clock
  readonly fetcher: () => Fetcher
}

/** When a survey is over, though not all have answered. */
export type Patience = {
  readonly waitMs: number
  /** One above is enough. */
  readonly enoughEpoch: number
}

/**
 * Asks controllers which of them is active. It keeps a connection to each that is, so that it is seen
 * without a new one which of them took over.
 */
export class Lookout {
  private readonly options: LookoutOptions
  private readonly asked = new Map<string, Promise<SeenController | undefined>>()
  private readonly connections = new Map<string, ClientConnection>()
  private isClosed = false

  constructor(options: LookoutOptions) {
    this.options = options
  }

  /** Those that answer as active in time: others may hang. */
  async survey(
    controllers: readonly Address[],
    { waitMs, enoughEpoch }: Patience,
  ): Promise<SeenController[]> {
    this.forgetOthers(controllers)
    const found: SeenController[] = []
    const { promise, resolve } = Promise.withResolvers<void>()
    const asked = controllers.map(async (address) => {
      const one = await this.ask(address)
      if (one !== undefined) found.push(one)
      if (one !== undefined && one.epoch > enoughEpoch) resolve()
    })
    const timer = this.options.clock.timer(waitMs, resolve)
    await Promise.race([promise, Promise.all(asked)])
    timer.cancel()
    return found
  }

  close(): void {
    this.isClosed = true
    for (const connection of this.connections.values()) connection.close()
  }

  private forgetOthers(controllers: readonly Address[]): void {
    const there = new Set(controllers.map(textOf))
    for (const [address, connection] of this.connections) {
      if (!there.has(address)) connection.close()
    }
  }

  /** One that has not answered yet is not asked again. */
  private ask(address: Address): Promise<SeenController | undefined> {
    const key = textOf(address)
    const underWay = this.asked.get(key)
    if (underWay !== undefined) return underWay
    const asked = this.askOne(address).finally(() => this.asked.delete(key))
    this.asked.set(key, asked)
    return asked
  }

  private async askOne(address: Address): Promise<SeenController | undefined> {
    let connection: ClientConnection | undefined
    let position: MetadataPosition | undefined
    try {
      connection = await this.connectionTo(address)
      position = await askPosition(connection, this.options.copy, this.options.fetcher())
    } catch (error) {
      if (!(error instanceof NetworkError || error instanceof LinkError)) throw error
    }
    if (position !== undefined) return { ...position, address }
    // What answers there may be left over from one that ended, where another has begun.
    connection?.close()
    return undefined
  }

  private async connectionTo(address: Address): Promise<ClientConnection> {
    const key = textOf(address)
    const there = this.connections.get(key)
    if (there !== undefined) return there
    const connection = await this.options.dial(address)
    this.connections.set(key, connection)
    void connection.closed.then(() => this.connections.delete(key))
    if (this.isClosed) connection.close()
    return connection
  }
}
