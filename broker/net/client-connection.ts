import type { Socket } from 'node:net'
import type { Clock } from '../../lib/clock.ts'
import type { ApiName, RequestInputOf, ResponseOf } from '../protocol/apis.ts'
import { encodeRequest } from '../protocol/frames/request.ts'
import { correlationIdOf, readResponse } from '../protocol/frames/response.ts'
import { ProtocolError } from '../protocol/protocol-error.ts'
import { type Address, NetworkError, networkError, textOf } from './network-error.ts'
import { PendingRequests } from './pending-requests.ts'
import type { Reading } from './read-in-place.ts'
import { landingBytes } from './receive-budget.ts'
import { Receiver } from './receiver.ts'
import type { Slabs } from './slabs.ts'

export type ClientOptions = {
  readonly clock: Clock
  readonly clientId: string | null
  /** For each request, from when it is sent. */
  readonly requestTimeoutMs: number
  readonly maxFrameBytes: number
  readonly maxInFlightRequests: number
  /** Where answers are read to that do not come whole. Left out: each has memory of its own. */
  readonly slabs?: Slabs
}

export type RequestOptions = {
  /**
   * In place of the connection's own: for long polls. After a timeout the connection is closed, since
   * nothing behind that answer could come.
   */
  readonly timeoutMs?: number
  /**
   * A promise: once the turn ends in which the answer came, views on it are kept only by those who
   * hold its memory (`FrameMemory`). Left out: they may be kept by anybody, for ever.
   */
  readonly frameIsReusable?: boolean
}

/**
 * A connection to a broker or controller that we dialled. Requests may be sent before others are
 * answered; answers come in the order of the requests, and any other order closes the connection.
 */
export class ClientConnection implements Reading {
  /** Settles once it is closed, with why. It never rejects. */
  readonly closed: Promise<NetworkError>
  private readonly address: Address
  private readonly options: ClientOptions
  private readonly pending: PendingRequests
  private readonly receiver: Receiver
  private readonly landing = Buffer.allocUnsafeSlow(landingBytes)
  private readonly resolveClosed: (reason: NetworkError) => void
  private socket!: Socket // from start() on
  private reason: NetworkError | undefined
  private nextCorrelationId = 0

  constructor(address: Address, options: ClientOptions) {
    const { promise, resolve } = Promise.withResolvers<NetworkError>()
    this.address = address
    this.options = options
    this.closed = promise
    this.resolveClosed = resolve
    this.pending = new PendingRequests(options.clock)
    const { landing } = this
    const { maxFrameBytes, slabs } = options
    const memory = { landing, ...(slabs && { regions: slabs.regions() }) }
    this.receiver = new Receiver({ ...memory, maxFrameBytes }, (frame) => this.take(frame))
  }

  /** @param socket Connected, and reading into this. */
  start(socket: Socket): void {
    this.socket = socket
    socket.on('error', (error) => this.end(networkError('talk to', this.address, error)))
    socket.on('end', () => this.fail('ECONNRESET', 'the peer closed the connection'))
    socket.on('close', () => {
      this.fail('ECONNRESET', 'the connection was closed')
      this.receiver.discard()
    })
  }

  /** Requests that are not answered. */
  get requestsInFlight(): number {
    return this.pending.count
  }

  /**
   * Sends a request.
   *
   * @throws {NetworkError} EBUSY, ECLOSED, ECONNRESET, ETIMEDOUT, EPROTO. After all but EBUSY the
   *   connection is closed, and nothing is known of what became of the request.
   * @throws {ProtocolError} The body cannot be written in that version.
   */
  async request<N extends ApiName>(
    name: N,
    version: number,
    body: RequestInputOf<N>,
    { timeoutMs = this.options.requestTimeoutMs, frameIsReusable = false }: RequestOptions = {},
  ): Promise<ResponseOf<N>> {
    if (this.reason !== undefined) throw this.reason
    const { maxInFlightRequests } = this.options
    if (this.pending.count >= maxInFlightRequests) {
      throw this.error('EBUSY', `${maxInFlightRequests} requests wait for their answers`)
    }
    const correlationId = this.write(name, version, body)
    const answer = this.pending.add({ correlationId, timeoutMs }, () =>
      this.fail('ETIMEDOUT', `no answer to ${name} in ${timeoutMs} ms`),
    )
    const frame = await answer
    if (!frameIsReusable) this.options.slabs?.abandon(frame.buffer)
    try {
      return readResponse(name, version, frame).body
    } catch (error) {
      throw this.refused(error)
    }
  }

  /**
   * Sends a request that has no answer: Produce with acks=0.
   *
   * @throws {NetworkError} The connection is closed.
   * @throws {ProtocolError} The body cannot be written in that version.
   */
  send<N extends ApiName>(name: N, version: number, body: RequestInputOf<N>): void {
    if (this.reason !== undefined) throw this.reason
    this.write(name, version, body)
  }

  /** Rejects what is not answered, and closes. */
  close(): void {
    this.fail('ECLOSED', 'closed by us')
  }

  buffer(): Uint8Array {
    return this.receiver.buffer()
  }

  filled(count: number, buffer: Uint8Array): void {
    this.received(() => {
      this.receiver.filled(count, buffer)
      this.receiver.grow()
    })
  }

  push(chunk: Uint8Array): void {
    this.received(() => this.receiver.push(chunk))
  }

  /** @returns The correlation id of the request. */
  private write<N extends ApiName>(name: N, version: number, body: RequestInputOf<N>): number {
    const { clientId } = this.options
    const correlationId = this.nextCorrelationId
    const parts = encodeRequest(name, version, { correlationId, clientId }, body)
    this.nextCorrelationId = (correlationId + 1) & 0x7fffffff
    this.socket.cork()
    for (const part of parts) this.socket.write(part as Uint8Array) // what we send is in memory
    this.socket.uncork()
    return correlationId
  }

  private received(read: () => void): void {
    if (this.reason !== undefined) return
    try {
      read()
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error // our own mistake, for nobody to catch
      this.refused(error)
    }
  }

  private take(frame: Uint8Array): void {
    if (this.reason !== undefined) return
    const correlationId = correlationIdOf(frame)
    const expected = this.pending.first
    if (correlationId === expected) this.pending.answered(frame)
    else {
      const awaited = expected === undefined ? 'none is awaited' : `${expected} is next`
      this.fail('EPROTO', `an answer has correlation id ${correlationId}, ${awaited}`)
    }
  }

  /** What the peer sent is no answer: nothing that follows can be trusted. */
  private refused(error: unknown): unknown {
    if (!(error instanceof ProtocolError)) return error
    return this.fail('EPROTO', `${error.reason}, ${error.message}`, error)
  }

  private error(code: string, why: string, cause?: unknown): NetworkError {
    return new NetworkError(code, `${textOf(this.address)}: ${why}`, { cause })
  }

  private fail(code: string, why: string, cause?: unknown): NetworkError {
    return this.end(this.error(code, why, cause))
  }

  private end(reason: NetworkError): NetworkError {
    if (this.reason !== undefined) return this.reason
    this.reason = reason
    this.socket.destroy()
    this.pending.rejectAll(reason)
    this.resolveClosed(reason)
    return reason
  }
}
