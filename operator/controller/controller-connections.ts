import type { Answer } from '../../broker/net/answer.ts'
import type { Connection } from '../../broker/net/connection.ts'
import { InternalAuth, mechanism } from '../../broker/net/internal-auth.ts'
import type { ApiName, ResponseInputOf } from '../../broker/protocol/apis.ts'
import {
  type ReceivedRequest,
  readOwnRequestBody,
  readRequest,
  readRequestBody,
} from '../../broker/protocol/frames/request.ts'
import { encodeResponse } from '../../broker/protocol/frames/response.ts'
import { errorCodes } from '../../broker/protocol/generated/error-codes.ts'
import { ProtocolError } from '../../broker/protocol/protocol-error.ts'
import type { Random } from '../../lib/random.ts'
import type { Controller } from './controller.ts'
import { answerOf, type BrokerProcess, isServed } from './controller-apis.ts'

export type ControllerConnectionsOptions = {
  readonly controller: Controller
  readonly secret: Uint8Array
  readonly random: Random
  readonly log: (message: string) => void
  readonly onFatal: (error: unknown) => void
}

/** What is known of one connection. */
type Peer = {
  readonly auth: InternalAuth
  broker: BrokerProcess | undefined
  isClosed: boolean
}

/** What brokers ask of the controller, on connections that have shown the cluster's secret. */
export class ControllerConnections {
  private readonly options: ControllerConnectionsOptions
  private readonly peers = new WeakMap<Connection, Peer>()
  /** By the id of a broker the connection on which it was heard last. */
  private readonly latest = new Map<number, Peer>()

  constructor(options: ControllerConnectionsOptions) {
    this.options = options
  }

  /** Takes a frame. @throws {ProtocolError} Closes the connection. */
  take(frame: Uint8Array, connection: Connection): void {
    const answer = connection.begin()
    const request = readRequest(frame)
    const peer = this.peerOf(connection)
    if (peer.auth.isDone) void this.serve(request, answer, peer)
    else this.authenticate(request, answer, peer)
  }

  /**
   * A broker's process closes its connections when it ends, however that is. One that has dialled
   * anew is still there when its connection of before is closed.
   */
  closed(connection: Connection): void {
    const peer = this.peers.get(connection)
    if (peer === undefined) return
    peer.isClosed = true
    const { broker } = peer
    if (broker === undefined || this.latest.get(broker.id) !== peer) return
    this.latest.delete(broker.id)
    this.options.controller.brokerDisconnected(broker.id, broker.incarnationId)
  }

  private heard(peer: Peer, broker: BrokerProcess): void {
    peer.broker = broker
    if (!peer.isClosed) this.latest.set(broker.id, peer)
    // It was registered, and did not wait for that.
    else this.options.controller.brokerDisconnected(broker.id, broker.incarnationId)
  }

  private peerOf(connection: Connection): Peer {
    const { secret, random } = this.options
    const known = this.peers.get(connection)
    if (known !== undefined) return known
    const peer = { auth: new InternalAuth(secret, random), broker: undefined, isClosed: false }
    this.peers.set(connection, peer)
    return peer
  }

  private authenticate(request: ReceivedRequest, answer: Answer, { auth }: Peer): void {
    const { name } = request.api
    if (name === 'SaslHandshake') {
      const isKnown = readRequestBody('SaslHandshake', request).mechanism === mechanism
      const errorCode = isKnown ? 0 : errorCodes.UNSUPPORTED_SASL_MECHANISM
      send('SaslHandshake', request, answer, { errorCode, mechanisms: [mechanism] })
      return
    }
    if (name !== 'SaslAuthenticate') {
      throw new ProtocolError('InvalidValue', `${name} before the peer has shown the secret`)
    }
    const step = auth.next(readRequestBody('SaslAuthenticate', request).authBytes)
    if (step.type === 'refused') {
      this.options.log(`a connection is refused: ${step.why}`)
      const errorCode = errorCodes.SASL_AUTHENTICATION_FAILED
      const authBytes = new Uint8Array(0)
      send('SaslAuthenticate', request, answer, { errorCode, errorMessage: step.why, authBytes })
      return
    }
    const authBytes = step.type === 'continue' ? step.bytes : new Uint8Array(0)
    send('SaslAuthenticate', request, answer, { errorCode: 0, errorMessage: null, authBytes })
  }

  private async serve(request: ReceivedRequest, answer: Answer, peer: Peer): Promise<void> {
    const { controller, onFatal } = this.options
    const { name } = request.api
    try {
      if (!isServed(name)) throw new ProtocolError('UnknownApi', `${name} is not for a controller`)
      const response = await answerOf(name, readOwnRequestBody(name, request), {
        controller,
        version: request.version,
        heard: (broker) => this.heard(peer, broker),
        onClosed: (stop) => void (answer.onClosed = stop),
      })
      send(name, request, answer, response)
    } catch (error) {
      if (error instanceof ProtocolError) answer.close('ProtocolError')
      else onFatal(error)
    }
  }
}

function send<N extends ApiName>(
  name: N,
  { version, correlationId }: ReceivedRequest,
  answer: Answer,
  response: ResponseInputOf<N>,
): void {
  answer.send(encodeResponse(name, version, correlationId, response))
}
