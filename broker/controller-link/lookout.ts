import type { Clock } from '../../lib/clock.ts'
import type { MetadataCopy } from '../metadata/files/metadata-copy.ts'
import type { ClientConnection } from '../net/client-connection.ts'
import { type Address, NetworkError } from '../net/network-error.ts'
import type { SeenController } from './choose-controller.ts'
import { LinkError } from './link-error.ts'
import { askPosition, type Fetcher } from './metadata-feed.ts'

type LookoutOptions = {
  readonly controllers: readonly Address[]
  readonly dial: (address: Address) => Promise<ClientConnection>
  readonly copy: MetadataCopy
  readonly clock: Clock
  readonly fetcher: () => Fetcher
}

/**
 * Asks all controllers which of them is active. It keeps a connection to each, so that a takeover is
 * seen without a new one.
 */
export class Lookout {
  private readonly options: LookoutOptions
  private readonly asked = new Map<number, Promise<SeenController | undefined>>()
  private readonly connections = new Map<number, ClientConnection>()
  private isClosed = false

  constructor(options: LookoutOptions) {
    this.options = options
  }

  /**
   * Those that answer as active within half a second.
   *
   * @param enoughEpoch One that is above is enough: others are not waited for. They may hang.
   */
  async survey(enoughEpoch = Number.POSITIVE_INFINITY): Promise<SeenController[]> {
    const found: SeenController[] = []
    const { promise, resolve } = Promise.withResolvers<void>()
    const asked = this.options.controllers.map(async (_, index) => {
      const one = await this.ask(index)
      if (one !== undefined) found.push(one)
      if (one !== undefined && one.epoch > enoughEpoch) resolve()
    })
    const timer = this.options.clock.timer(patienceMs, resolve)
    await Promise.race([promise, Promise.all(asked)])
    timer.cancel()
    return found.toSorted((a, b) => a.index - b.index)
  }

  close(): void {
    this.isClosed = true
    for (const connection of this.connections.values()) connection.close()
  }

  /** One that has not answered yet is not asked again. */
  private ask(index: number): Promise<SeenController | undefined> {
    const underWay = this.asked.get(index)
    if (underWay !== undefined) return underWay
    const asked = this.askOne(index).finally(() => this.asked.delete(index))
    this.asked.set(index, asked)
    return asked
  }

  private async askOne(index: number): Promise<SeenController | undefined> {
    try {
      const connection = await this.connectionTo(index)
      const position = await askPosition(connection, this.options.copy, this.options.fetcher())
      return position && { index, epoch: position.epoch }
    } catch (error) {
      if (error instanceof NetworkError || error instanceof LinkError) return undefined
      throw error
    }
  }

  private async connectionTo(index: number): Promise<ClientConnection> {
    const there = this.connections.get(index)
    if (there !== undefined) return there
    const connection = await this.options.dial(this.options.controllers[index] as Address)
    this.connections.set(index, connection)
    void connection.closed.then(() => this.connections.delete(index))
    if (this.isClosed) connection.close()
    return connection
  }
}

const patienceMs = 500
