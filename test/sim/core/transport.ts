import type { Address, NetworkError } from '../../../broker/net/network-error.ts'

/** The network as one node sees it. Hosts are nodes' names. */
export type Transport = {
  /** @throws {NetworkError} ECONNREFUSED where nobody listens; ETIMEDOUT. */
  connect(to: Address): Promise<Connection>
  /** Only one at a time may listen on a port of a host. */
  listen(port: number, serve: Serve): { close(): void }
}

/** As `ClientConnection` of broker/net, without the codecs. */
export type Connection = {
  readonly remote: Address
  /** Settles once it is closed, with why. It never rejects. */
  readonly closed: Promise<NetworkError>
  readonly requestsInFlight: number
  /**
   * Sends a request, at once; answers come in the order of the requests.
   *
   * @param body Data: it is copied.
   * @param options.timeoutMs After it the connection is closed.
   * @throws {NetworkError} ECLOSED, ECONNRESET, ETIMEDOUT. The connection is closed, and nothing is
   *   known of what became of the request.
   */
  request(name: string, body: unknown, options?: { timeoutMs?: number }): Promise<unknown>
  /** Rejects what is not answered, and closes. */
  close(): void
}

/** Called for each request, in order. What it rejects with ends the run: errors are answers. */
export type Serve = (request: Request) => unknown

export type Request = {
  readonly name: string
  readonly body: unknown
  readonly connection: ServedConnection
}

export type ServedConnection = {
  readonly id: number
  /** The host that dialled. */
  readonly peer: string
  /** Settles once it is closed from either side. It never rejects. */
  readonly closed: Promise<void>
  close(): void
}
