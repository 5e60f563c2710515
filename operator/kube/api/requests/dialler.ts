import { buildConnector } from 'undici'
import type { TlsOptions } from '../access/api-server.ts'

/** Makes the connections of one kind of traffic. */
export class Dialler {
  /** So many were asked for. */
  dialled = 0
  readonly #connector: buildConnector.connector
  #held = 0

  constructor(tls: TlsOptions) {
    this.#connector = buildConnector({
      ...tls,
      // With HTTP/2 a request that is aborted leaves its dead connection to the next one.
      allowH2: false,
      timeout: connectTimeoutMs,
      // A connection whose other end is gone is noticed 15 s after it was last used.
      keepAlive: true,
      keepAliveInitialDelay: 5_000,
    })
  }

  readonly connect: buildConnector.connector = (options, callback) => {
    if (this.#held > 0) {
      callback(new Error('it was to go over an open connection, and there is none'), null)
      return
    }
    this.dialled++
    this.#connector(options, callback)
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
}

const connectTimeoutMs = 2_000
