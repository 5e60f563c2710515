import type { Answer } from '../net/answer.ts'
import type { Connection } from '../net/connection.ts'
import type { ApiName } from '../protocol/apis.ts'
import { brokerValue } from '../protocol/config/broker-value.ts'
import { unsupportedApiVersions } from '../protocol/frames/api-versions.ts'
import {
  type ReceivedRequest,
  readOwnRequestBody,
  readRequest,
  readRequestBody,
} from '../protocol/frames/request.ts'
import { encodeResponse } from '../protocol/frames/response.ts'
import { ProtocolError } from '../protocol/protocol-error.ts'
import type { Client } from './fallen-brokers.ts'
import { FetchSessions } from './fetch-sessions.ts'
import { type ServedApi, served } from './served.ts'
import type { Context, ListenerName, Services } from './services.ts'

/** What answers the requests of a broker. */
export type Handlers = {
  /**
   * Begins the answer to one request, for `onRequest` of a listener.
   *
   * @throws {ProtocolError} It cannot be read, or is not served there: the connection is closed.
   */
  handle(frame: Uint8Array, connection: Peer, listener: ListenerName): void
}

type Peer = Pick<Connection, 'begin' | 'remoteAddress'>

export function createHandlers(services: Services): Handlers {
  const byName = new Map<ApiName, ServedApi>(served.map((api) => [api.name, api]))
  const most = brokerValue('max.incremental.fetch.session.cache.slots', services.entries)
  const fetchSessions = new FetchSessions(services, { most })
  const clients = new WeakMap<Peer, Client>()
  return { handle }

  function handle(frame: Uint8Array, connection: Peer, listener: ListenerName): void {
    const received = readRequest(frame)
    const { name } = received.api
    const api = byName.get(name)
    if (api?.listeners.includes(listener) !== true) {
      throw new ProtocolError('UnknownApi', `${name} is not served on the ${listener} listener`)
    }
    const [minVersion, maxVersion] = api.versions
    if (received.version < minVersion || received.version > maxVersion) {
      if (name !== 'ApiVersions') {
        const range = `${minVersion} to ${maxVersion} are served`
        throw new ProtocolError('UnsupportedVersion', `${name} ${received.version}, ${range}`)
      }
      const parts = unsupportedApiVersions(received.correlationId, { minVersion, maxVersion })
      connection.begin({ frameIsReusable: true }).send(parts)
      return
    }
    const read = listener === 'internal' ? readOwnRequestBody : readRequestBody
    const request = read(name, received)
    // What keeps views on a request beyond its answer, as the end of a log does, holds its memory.
    const answer = connection.begin({ frameIsReusable: true })
    const { version, clientId } = received
    const { remoteAddress: clientAddress } = connection
    const onClosed = (callback: () => void) => void (answer.onClosed = callback)
    run(api, request, {
      answer,
      received,
      context: {
        services,
        fetchSessions,
        version,
        clientId,
        // Few ask for it, of many requests a second.
        get client() {
          return clientAt(connection)
        },
        clientAddress,
        listener,
        onClosed,
      },
    })
  }

  function clientAt(connection: Peer): Client {
    let client = clients.get(connection)
    if (client === undefined) {
      client = {}
      clients.set(connection, client)
    }
    return client
  }

  function run(
    { handle: handler }: ServedApi,
    request: unknown,
    { answer, received, context }: { answer: Answer; received: ReceivedRequest; context: Context },
  ): void {
    const send = (reply: unknown) => {
      if (reply === 'none') answer.none()
      else if (reply === 'close') answer.close('Refused')
      else {
        const { api, version, correlationId } = received
        answer.send(encodeResponse(api.name, version, correlationId, reply as never))
      }
    }
    const failed = (error: unknown) => {
      if (error instanceof ProtocolError) return answer.close(error.reason, error.message)
      answer.close('Failed')
      services.onFatal(error)
    }
    try {
      const reply = handler(request, context)
      if (reply instanceof Promise) reply.then(send).catch(failed)
      else send(reply)
    } catch (error) {
      failed(error)
    }
  }
}
