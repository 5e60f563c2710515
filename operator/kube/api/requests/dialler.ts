import { buildConnector } from 'undici'
import type { ApiServer } from '../access/api-server.ts'

/** Makes the connections of one kind of traffic. */
export class Dialler {
  /** So many were asked for. */
  dialled = 0
  readonly #server: ApiServer
  readonly #timeoutMs: number
  #held = 0

  /** @param timeoutMs For a connection to be there, with TLS. */
  constructor(server: ApiServer, timeoutMs: number) {
    this.#server = server
    this.#timeoutMs = timeoutMs
  }

  readonly connect: buildConnector.connector = (options, callback) => {
    if (this.#held > 0) {
      callback(new Error('it was to go over an open connection, and there is none'), null)
      return
    }
    this.dialled++
    void this.#dial(options, callback)
  }

  /** Until `run` has settled no connection is made: what would need one fails. */
  async hold<T>(run: () => Promise<T>): Promise<T> {
    this.#held++
    try {
      return await run()
    } finally {
      this.#held--
    }
  }

  async #dial(options: buildConnector.Options, callback: buildConnector.Callback): Promise<void> {
    let connector: buildConnector.connector
    try {
      connector = await this.#connector()
    } catch (error) {
      callback(error as Error, null)
      return
    }
    connector(options, callback)
  }

  /** Each connection has its own, since the certificates may be others by then. */
  async #connector(): Promise<buildConnector.connector> {
    const { tls } = await this.#server.credentials()
    return buildConnector({
      ...tls,
      // With HTTP/2 a request that is aborted leaves its dead connection to the next one.
      allowH2: false,
      timeout: this.#timeoutMs,
      // A connection whose other end is gone is noticed 15 s after it was last used.
      keepAlive: true,
      keepAliveInitialDelay: 5_000,
    })
  }
}
