import { setTimeout as sleep } from 'node:timers/promises'
import type { ClientConnection } from '../../broker/net/client-connection.ts'
import { connect } from '../../broker/net/connect.ts'
import { type Address, NetworkError } from '../../broker/net/network-error.ts'
import type { ApiName, RequestInputOf, ResponseOf } from '../../broker/protocol/apis.ts'
import { realClock } from '../../lib/clock.ts'

/** A connection that is dialled again when it breaks, until somebody listens: as clients do. */
export class Line {
  /** How often it was dialled in vain, or broke. */
  failures = 0
  readonly #address: Address
  #connection: Promise<ClientConnection> | undefined

  constructor(address: Address) {
    this.#address = address
  }

  async connect(): Promise<ClientConnection> {
    this.#connection ??= this.#dial()
    return this.#connection
  }

  close(): void {
    void this.#connection?.then((connection) => connection.close())
    this.#connection = undefined
  }

  /** @returns Undefined where the connection broke: nobody knows what became of it. */
  async request<N extends ApiName>(
    name: N,
    version: number,
    body: RequestInputOf<N>,
  ): Promise<ResponseOf<N> | undefined> {
    const dialled = this.connect()
    try {
      return await (await dialled).request(name, version, body)
    } catch (error) {
      if (!(error instanceof NetworkError)) throw error
      this.failures++
      const broken = await dialled
      if ((await this.#connection) === broken) this.#connection = undefined
      return undefined
    }
  }

  async #dial(): Promise<ClientConnection> {
    for (;;) {
      try {
        const own = { clock: realClock, clientId: 'bench', requestTimeoutMs: patienceMs }
        return await connect({ ...this.#address, ...own })
      } catch (error) {
        if (!(error instanceof NetworkError)) throw error
        this.failures++
        await sleep(retryMs)
      }
    }
  }
}

/** For requests that wait for all others of a group. */
const patienceMs = 120_000
/** retry.backoff.ms of Kafka's clients. */
export const retryMs = 100
