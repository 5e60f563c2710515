import { ProtocolError } from '../protocol-error.ts'
import type { InputOf, Message } from '../schema/message.ts'
import { encode } from './codec.ts'
import { Cursor } from './cursor.ts'

/*
 * A version in two bytes, then a message: how coordinators write their records, and members of groups
 * what they tell each other.
 */

const versionSizeBytes = 2
/** As they are written before messages. */
const heads = [0, 1, 2, 3, 4].map((version) => Uint8Array.of(0, version))

/**
 * @param messageVersion In which the message itself is, where the version says something else.
 * @throws {ProtocolError} As of `encode`.
 */
export function encodeVersioned<M extends Message>(
  type: M,
  version: number,
  message: InputOf<M>,
  messageVersion = version,
): Uint8Array {
  const parts = encode(type, messageVersion, message) as Uint8Array[]
  return Buffer.concat([heads[version] as Uint8Array, ...parts])
}

/** @returns At the message. @throws {ProtocolError} There is no room for a version. */
export function cursorBehindVersion(bytes: Uint8Array): Cursor {
  if (bytes.byteLength < versionSizeBytes) {
    throw new ProtocolError('Truncated', 'no room for a version')
  }
  const cursor = new Cursor(bytes)
  cursor.position = versionSizeBytes
  return cursor
}

export function versionAt({ view }: Cursor): number {
  return view.getInt16(0)
}
