import type { Answer } from '../net/answer.ts'
import type { Connection } from '../net/connection.ts'
import { type ApiName, apiOf } from '../protocol/apis.ts'
import { KafkaError } from '../protocol/errors.ts'
import { unsupportedApiVersions } from '../protocol/frames/api-versions.ts'
import { type ReceivedRequest, readRequest, readRequestBody } from '../protocol/frames/request.ts'
import { encodeResponse } from '../protocol/frames/response.ts'
import { ProtocolError } from '../protocol/protocol-error.ts'
import { apiTable, apiVersionsRange, type Served } from './api-table.ts'
import { type AdvertisedApi, answerApiVersions } from './api-versions.ts'
import { brokerSetting } from './broker-setting.ts'
import { FetchSessions } from './fetch/fetch-sessions.ts'
import { NewTopics } from './new-topics.ts'
import {
  type Handler,
  type HandlerServices,
  type ListenerName,
  NoAnswer,
  type RequestContext,
  type Services,
} from './services.ts'

/** Answers requests: what `listen` of `broker/net` calls for each frame. */
export type Handlers = {
  /**
   * Begins one answer before it returns, and ends it then or later.
   *
   * @param frame Stays as it is until it is answered; one of Produce for as long as it is looked at.
   * @throws {ProtocolError} The frame is no request: its connection is closed.
   */
  handle(frame: Uint8Array, connection: Pick<Connection, 'begin'>, listener: ListenerName): void
}

/** What is served on a listener, by Kafka's numbers, as ApiVersions tells it. */
export function advertisedOn(listener: ListenerName): AdvertisedApi[] {
  const apis = Object.entries(apiTable).flatMap(([name, served]): AdvertisedApi[] => {
    if (!served.listeners.includes(listener)) return []
    const [first, last] = served.versions
    const minVersion = 'advertisedSince' in served ? served.advertisedSince : first
    return [{ apiKey: apiOf(name as ApiName).key, minVersion, maxVersion: last }]
  })
  const own = { apiKey: apiOf('ApiVersions').key, ...apiVersionsRange }
  return [...apis, own].toSorted((a, b) => a.apiKey - b.apiKey)
}

export function createHandlers(
  services: Services & Partial<Pick<HandlerServices, 'fetchSessions'>>,
): Handlers {
  const { config, random } = services
  const slots = brokerSetting(config, 'max.incremental.fetch.session.cache.slots')
  const all: HandlerServices = {
    ...services,
    fetchSessions: services.fetchSessions ?? new FetchSessions({ slots, random }),
    newTopics: new NewTopics(services),
  }
  const advertised = { client: advertisedOn('client'), internal: advertisedOn('internal') }
  return {
    handle(frame, connection, listener) {
      const received = readRequest(frame)
      const served = servedOf(received, listener, advertised)
      if (served === undefined) {
        refuse(received, connection)
        return
      }
      const { version } = received
      const request = readRequestBody(received.api.name, received)
      const answer = connection.begin(served.keepsFrame ? {} : reusable)
      const context: RequestContext = {
        version,
        listener,
        onAbandoned: (callback) => void (answer.onClosed = callback),
      }
      const reply = served.handle(request as never, all, context)
      if (reply instanceof Promise) finishLater(reply, received, answer, services.onFatal)
      else finish(reply, received, answer)
    },
  }
}

const reusable = { frameIsReusable: true }

/** Of any API: which one it is, is known where the table is looked up, and nowhere after that. */
type AnyServed = Pick<Served<ApiName>, 'versions' | 'listeners' | 'keepsFrame'> & {
  handle(request: never, services: HandlerServices, context: RequestContext): AnyReply
}
type AnyReply = object | Promise<object>

function servedOf(
  { api: { name }, version }: ReceivedRequest,
  listener: ListenerName,
  advertised: Readonly<Record<ListenerName, readonly AdvertisedApi[]>>,
): AnyServed | undefined {
  const served: AnyServed | undefined =
    name === 'ApiVersions' ? apiVersionsOf(advertised[listener]) : apiTable[name]
  if (served === undefined || !served.listeners.includes(listener)) return undefined
  return version >= served.versions[0] && version <= served.versions[1] ? served : undefined
}

function apiVersionsOf(advertised: readonly AdvertisedApi[]): AnyServed {
  const handle: Handler<'ApiVersions'> = (request, services, context) =>
    answerApiVersions(request, services, context, advertised)
  const { minVersion, maxVersion } = apiVersionsRange
  return {
    versions: [minVersion, maxVersion],
    listeners: ['client', 'internal'],
    handle,
  }
}

/** Kafka closes a connection that asks for what was not advertised, but for ApiVersions itself. */
function refuse(
  { api, correlationId }: ReceivedRequest,
  connection: Pick<Connection, 'begin'>,
): void {
  const answer = connection.begin(reusable)
  if (api.name === 'ApiVersions') {
    answer.send(unsupportedApiVersions(correlationId, apiVersionsRange))
  } else answer.close(api.name in apiTable ? 'UnsupportedVersion' : 'UnknownApi')
}

function finish(
  reply: object,
  { api, version, correlationId }: ReceivedRequest,
  answer: Answer,
): void {
  if (!(reply instanceof NoAnswer)) {
    answer.send(encodeResponse(api.name, version, correlationId, reply as never))
  } else if (reply.closeReason === undefined) answer.none()
  else answer.close(reply.closeReason)
}

function finishLater(
  reply: Promise<object>,
  received: ReceivedRequest,
  answer: Answer,
  onFatal: (error: unknown) => void,
): void {
  reply
    .then((known) => finish(known, received, answer))
    .catch((error: unknown) => {
      // A peer may be at fault in a way that its answer has no place for.
      const reason =
        error instanceof KafkaError
          ? error.code
          : error instanceof ProtocolError
            ? error.reason
            : 'Failed'
      answer.close(reason)
      if (reason === 'Failed') onFatal(error)
    })
    .catch(onFatal)
}
