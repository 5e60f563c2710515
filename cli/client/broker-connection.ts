import type { ClientConnection } from '../../broker/net/client-connection.ts'
import { connect } from '../../broker/net/connect.ts'
import type { Address } from '../../broker/net/network-error.ts'
import type { RequestInputOf, ResponseOf } from '../../broker/protocol/apis.ts'
import type { Clock } from '../../lib/clock.ts'
import { commonVersions, type SpokenApi, type Versions } from './versions.ts'

/** A connection to a broker, in the newest versions that both speak. */
export class BrokerConnection {
  private readonly connection: ClientConnection
  private readonly versions: Versions
  private closed = false

  private constructor(connection: ClientConnection, versions: Versions) {
    this.connection = connection
    this.versions = versions
    void connection.closed.then(() => {
      this.closed = true
    })
  }

  /** @throws {NetworkError} @throws {ClientError} The broker speaks other versions. */
  static async open(address: Address, clock: Clock): Promise<BrokerConnection> {
    const connection = await connect({ ...address, clock, clientId: 'kavka', connectTimeoutMs })
    try {
      // In version 0, which every broker answers.
      const answer = await connection.request('ApiVersions', 0, {})
      return new BrokerConnection(connection, commonVersions(answer))
    } catch (error) {
      connection.close()
      throw error
    }
  }

  get isClosed(): boolean {
    return this.closed
  }

  versionOf(name: SpokenApi): number {
    return this.versions[name]
  }

  /**
   * @param timeoutMs In place of the usual one, for what is answered late.
   * @throws {NetworkError} It is closed then.
   */
  request<N extends SpokenApi>(
    name: N,
    body: RequestInputOf<N>,
    timeoutMs = requestTimeoutMs,
  ): Promise<ResponseOf<N>> {
    return this.connection.request(name, this.versions[name], body, { timeoutMs })
  }

  /**
   * Sends what is not answered, and waits until the broker has dealt with it: it answers what it
   * is asked next only after that, and closes the connection if it has to refuse.
   *
   * @throws {NetworkError} Nothing is known of what became of it.
   */
  async sendUnanswered(body: RequestInputOf<'Produce'>): Promise<void> {
    this.connection.send('Produce', this.versions.Produce, body)
    await this.connection.request('ApiVersions', 0, {})
  }

  close(): void {
    this.connection.close()
  }
}

const connectTimeoutMs = 5_000
const requestTimeoutMs = 30_000 // request.timeout.ms
