import type { OwnRequestOf, RequestInputOf, RequestOf } from '../apis.ts'
import {
  type Api,
  type ApiName,
  apiOf,
  apiOfKey,
  ownRequestOf,
  requestHeaderVersion,
} from '../apis.ts'
import { decode } from '../codec/codec.ts'
import { Cursor } from '../codec/cursor.ts'
import { RequestHeader } from '../generated/headers.ts'
import { ProtocolError } from '../protocol-error.ts'
import type { Part } from '../schema/fields.ts'
import { encodeFrame } from './frame.ts'

/** A request whose header is read and whose body is not yet. */
export type ReceivedRequest = {
  readonly api: Api
  /** As the client sent it: the codec, and so the body, may not know it. */
  readonly version: number
  readonly correlationId: number
  readonly clientId: string | null
  /** At the body. */
  readonly cursor: Cursor
}

/**
 * Reads the header of a request. Its body may be of a version that nobody here knows, which only
 * ApiVersions answers (see `api-versions.ts`); for any other the connection is closed.
 *
 * @param frame A frame without its size.
 * @throws {ProtocolError} UnknownApi, or whatever makes the bytes no header.
 */
export function readRequest(frame: Uint8Array): ReceivedRequest {
  const cursor = new Cursor(frame)
  if (frame.byteLength < 4) throw new ProtocolError('Truncated', 'no room for an API key')
  const key = cursor.view.getInt16(0)
  const version = cursor.view.getInt16(2)
  const api = apiOfKey(key)
  if (api === undefined) throw new ProtocolError('UnknownApi', `no API has the key ${key}`)
  if (version < 0 && api.name !== 'ApiVersions') {
    throw new ProtocolError('UnsupportedVersion', `${api.name} version ${version}`)
  }
  const header = decode(RequestHeader, requestHeaderVersion(api, version), cursor)
  return { api, version, correlationId: header.correlationId, clientId: header.clientId, cursor }
}

/** Whether the codec knows this version of the API. What is advertised may be less. */
export function isKnownVersion({ request }: Api, version: number): boolean {
  return version >= request.versions[0] && version <= request.versions[1]
}

/**
 * Reads the body of a request, once: of a client, whose tags are Kafka's or nothing to us.
 *
 * @throws {ProtocolError} UnsupportedVersion, or whatever makes the bytes no such body.
 */
export function readRequestBody<N extends ApiName>(
  name: N,
  { version, cursor }: ReceivedRequest,
): RequestOf<N> {
  return decode(apiOf(name).request, version, cursor) as RequestOf<N>
}

/** Reads the body of what a broker of ours asks its controller. @throws As `readRequestBody` does. */
export function readOwnRequestBody<N extends ApiName>(
  name: N,
  { version, cursor }: ReceivedRequest,
): OwnRequestOf<N> {
  return decode(ownRequestOf(name), version, cursor) as OwnRequestOf<N>
}

/** Writes a request as a whole frame, as a client sends it. */
export function encodeRequest<N extends ApiName>(
  name: N,
  version: number,
  { correlationId, clientId }: { correlationId: number; clientId: string | null },
  body: RequestInputOf<N>,
): Part[] {
  const api = apiOf(name)
  const header = {
    type: RequestHeader,
    version: requestHeaderVersion(api, version),
    message: { requestApiKey: api.key, requestApiVersion: version, correlationId, clientId },
  }
  return encodeFrame(header, { type: ownRequestOf(name), version, message: body })
}
