import { apis } from './generated/apis.ts'
import { ownRequests, ownResponses } from './own-fields.ts'
import { type InputOf, isFlexible, type Message, type MessageOf } from './schema/message.ts'

export type ApiName = keyof typeof apis

/** One API of Kafka's: a request and its response, which share their versions. */
export type Api = {
  readonly name: ApiName
  readonly key: number
  readonly request: Message
  readonly response: Message
  /** Where Kafka takes it: `broker` for clients, `controller` for brokers and controllers. */
  readonly listeners: readonly ('broker' | 'controller')[]
  /** Kafka does not advertise the last version yet. */
  readonly latestVersionUnstable?: true
}

/** As Kafka has them, with our own fields where we speak to each other: see `own-fields.ts`. */
type Requests = {
  readonly [N in ApiName]: N extends keyof typeof ownRequests
    ? (typeof ownRequests)[N]
    : (typeof apis)[N]['request']
}
type Responses = {
  readonly [N in ApiName]: N extends keyof typeof ownResponses
    ? (typeof ownResponses)[N]
    : (typeof apis)[N]['response']
}

/** What a client may ask. */
export type RequestOf<N extends ApiName> = MessageOf<(typeof apis)[N]['request']>
/** What a broker of ours asks its controller. */
export type OwnRequestOf<N extends ApiName> = MessageOf<Requests[N]>
export type RequestInputOf<N extends ApiName> = InputOf<Requests[N]>
export type ResponseOf<N extends ApiName> = MessageOf<Responses[N]>
export type ResponseInputOf<N extends ApiName> = InputOf<Responses[N]>

const byKey: ReadonlyMap<number, Api> = new Map(
  Object.values(apis).map((api): [number, Api] => [api.key, api]),
)

export function apiOf(name: ApiName): Api {
  return apis[name]
}

/** A request with our own fields. Where they say nothing it is written as Kafka has it. */
export function ownRequestOf(name: ApiName): Message {
  return (ownRequests as { readonly [N in ApiName]?: Message })[name] ?? apis[name].request
}

/** A response with our own fields. Where they say nothing it is written as Kafka has it. */
export function ownResponseOf(name: ApiName): Message {
  return (ownResponses as { readonly [N in ApiName]?: Message })[name] ?? apis[name].response
}

/** The API with a key from the wire, or undefined where there is none. */
export function apiOfKey(key: number): Api | undefined {
  return byKey.get(key)
}

/** Version of the request header: 2, with tagged fields, where the request is flexible (KIP-482). */
export function requestHeaderVersion({ request }: Api, version: number): 1 | 2 {
  return isFlexible(request, version) ? 2 : 1
}

/**
 * Version of the response header. ApiVersions always answers with version 0, since its reader does
 * not know yet what the broker speaks (KIP-511).
 */
export function responseHeaderVersion({ name, response }: Api, version: number): 0 | 1 {
  return name !== 'ApiVersions' && isFlexible(response, version) ? 1 : 0
}
