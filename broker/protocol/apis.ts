import { apis } from './generated/apis.ts'
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

export type RequestOf<N extends ApiName> = MessageOf<(typeof apis)[N]['request']>
export type RequestInputOf<N extends ApiName> = InputOf<(typeof apis)[N]['request']>
export type ResponseOf<N extends ApiName> = MessageOf<(typeof apis)[N]['response']>
export type ResponseInputOf<N extends ApiName> = InputOf<(typeof apis)[N]['response']>

const byKey: ReadonlyMap<number, Api> = new Map(
  Object.values(apis).map((api): [number, Api] => [api.key, api]),
)

export function apiOf(name: ApiName): Api {
  return apis[name]
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
