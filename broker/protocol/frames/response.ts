import type { ResponseInputOf, ResponseOf } from '../apis.ts'
import { type ApiName, apiOf, ownResponseOf, responseHeaderVersion } from '../apis.ts'
import { decode } from '../codec/codec.ts'
import { Cursor } from '../codec/cursor.ts'
import { ResponseHeader } from '../generated/headers.ts'
import { ProtocolError } from '../protocol-error.ts'
import type { Part } from '../schema/fields.ts'
import { encodeFrame } from './frame.ts'

/** Writes a response as a whole frame. */
export function encodeResponse<N extends ApiName>(
  name: N,
  version: number,
  correlationId: number,
  body: ResponseInputOf<N>,
): Part[] {
  const api = apiOf(name)
  const headerVersion = responseHeaderVersion(api, version)
  const header = { type: ResponseHeader, version: headerVersion, message: { correlationId } }
  return encodeFrame(header, { type: ownResponseOf(name), version, message: body })
}

/** The id by which the sender of a request finds it again: the first bytes of any response. */
export function correlationIdOf(frame: Uint8Array): number {
  if (frame.byteLength < 4) throw new ProtocolError('Truncated', 'no room for a correlation id')
  return new DataView(frame.buffer, frame.byteOffset).getInt32(0)
}

/**
 * Reads a response to a request whose API and version the reader remembers.
 *
 * @param frame A frame without its size.
 */
export function readResponse<N extends ApiName>(
  name: N,
  version: number,
  frame: Uint8Array,
): { correlationId: number; body: ResponseOf<N> } {
  const api = apiOf(name)
  const cursor = new Cursor(frame, bytesPerObject)
  const headerVersion = responseHeaderVersion(api, version)
  const { correlationId } = decode(ResponseHeader, headerVersion, cursor)
  return { correlationId, body: decode(ownResponseOf(name), version, cursor) as ResponseOf<N> }
}

/** An answer of many partitions with nothing to say has 6 bytes for each object it becomes. */
const bytesPerObject = 4
