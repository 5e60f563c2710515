import type { Answer } from '../../broker/net/answer.ts'
import type { Connection } from '../../broker/net/connection.ts'
import { InternalAuth, mechanism } from '../../broker/net/internal-auth.ts'
import type { ApiName, ResponseInputOf } from '../../broker/protocol/apis.ts'
import { KafkaError } from '../../broker/protocol/errors.ts'
import {
  type ReceivedRequest,
  readRequest,
  readRequestBody,
} from '../../broker/protocol/frames/request.ts'
import { encodeResponse } from '../../broker/protocol/frames/response.ts'
import { errorCodes } from '../../broker/protocol/generated/error-codes.ts'
import { ProtocolError } from '../../broker/protocol/protocol-error.ts'
import type { Random } from '../../lib/random.ts'
import type { Controller } from './controller.ts'

export type ControllerConnectionsOptions = {
  readonly controller: Controller
  readonly secret: Uint8Array
  readonly random: Random
  readonly log: (message: string) => void
  readonly onFatal: (error: unknown) => void
}

/** A process that registered or said on a connection that it is there. */
type BrokerProcess = { readonly id: number; readonly incarnationId: string }

/** What is known of one connection. */
type Peer = {
  readonly auth: InternalAuth
  broker: BrokerProcess | undefined
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
    const broker = peer?.broker
    if (broker === undefined || this.latest.get(broker.id) !== peer) return
    this.latest.delete(broker.id)
    this.options.controller.brokerGone(broker.id, broker.incarnationId)
  }

  private heard(peer: Peer, broker: BrokerProcess): void {
    peer.broker = broker
    this.latest.set(broker.id, peer)
  }

  private peerOf(connection: Connection): Peer {
    const { secret, random } = this.options
    const known = this.peers.get(connection)
    if (known !== undefined) return known
    const peer = { auth: new InternalAuth(secret, random), broker: undefined }
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
    const { onFatal } = this.options
    try {
      await this.handle(request, answer, peer)
    } catch (error) {
      if (error instanceof ProtocolError) answer.close('ProtocolError')
      else onFatal(error)
    }
  }

  private async handle(request: ReceivedRequest, answer: Answer, peer: Peer): Promise<void> {
    const { controller } = this.options
    const { metadata } = controller
    switch (request.api.name) {
      case 'BrokerRegistration': {
        const body = readRequestBody('BrokerRegistration', request)
        const { brokerId: id, incarnationId } = body
        const none = { throttleTimeMs: 0, brokerEpoch: -1 }
        await reply('BrokerRegistration', request, answer, none, async () => {
          const registered = await controller.registerBroker(body)
          this.heard(peer, { id, incarnationId })
          return registered
        })
        return
      }
      case 'BrokerHeartbeat': {
        const body = readRequestBody('BrokerHeartbeat', request)
        const { incarnationId, epoch } = controller.image.brokers.get(body.brokerId) ?? {}
        const isKnown = incarnationId !== undefined && epoch === body.brokerEpoch
        if (isKnown) this.heard(peer, { id: body.brokerId, incarnationId })
        const none = { throttleTimeMs: 0, shouldShutDown: false }
        await reply('BrokerHeartbeat', request, answer, none, () => controller.heartbeat(body))
        return
      }
      case 'AllocateProducerIds': {
        const body = readRequestBody('AllocateProducerIds', request)
        const none = { throttleTimeMs: 0, producerIdStart: -1, producerIdLen: 0 }
        await reply('AllocateProducerIds', request, answer, none, () => {
          return controller.allocateProducerIds(body)
        })
        return
      }
      case 'Fetch': {
        const body = readRequestBody('Fetch', request)
        const giveUp = (stop: () => void) => {
          answer.onClosed = stop
        }
        send('Fetch', request, answer, await metadata.fetch(body, giveUp))
        return
      }
      case 'FetchSnapshot': {
        const body = readRequestBody('FetchSnapshot', request)
        send('FetchSnapshot', request, answer, metadata.fetchSnapshot(body))
        return
      }
      case 'CreateTopics': {
        const body = readRequestBody('CreateTopics', request)
        const refused = (errorCode: number, errorMessage: string) => ({
          throttleTimeMs: 0,
          topics: body.topics.map(({ name }) => ({ name, errorCode, errorMessage })),
        })
        send('CreateTopics', request, answer, await or(controller.createTopics(body), refused))
        return
      }
      case 'DeleteTopics': {
        const body = readRequestBody('DeleteTopics', request)
        const all = [...body.topicNames.map((name) => ({ name })), ...body.topics]
        const refused = (errorCode: number, errorMessage: string) => ({
          throttleTimeMs: 0,
          responses: all.map((own) => ({ ...own, errorCode, errorMessage })),
        })
        send('DeleteTopics', request, answer, await or(controller.deleteTopics(body), refused))
        return
      }
      default:
        throw new ProtocolError('UnknownApi', `${request.api.name} is not for a controller`)
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

/** Answers with what `act` returns, or with nothing but the code of what it throws. */
async function reply<N extends ApiName>(
  name: N,
  request: ReceivedRequest,
  answer: Answer,
  none: Omit<ResponseInputOf<N>, 'errorCode'>,
  act: () => Promise<ResponseInputOf<N>>,
): Promise<void> {
  const refused = (errorCode: number) => ({ ...none, errorCode }) as ResponseInputOf<N>
  send(name, request, answer, await or(act(), refused))
}

async function or<T>(
  decided: Promise<T>,
  refused: (errorCode: number, errorMessage: string) => T,
): Promise<T> {
  try {
    return await decided
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error
    return refused(errorCodes[error.code], error.message)
  }
}
