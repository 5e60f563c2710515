import { ProtocolError } from '../protocol-error.ts'
import type { Part } from '../schema/fields.ts'
import type { InputOf, Message, MessageOf } from '../schema/message.ts'
import { readerOf, writerOf } from './compile.ts'
import { Cursor } from './cursor.ts'
import { Sink } from './sink.ts'

/**
 * Reads one message.
 *
 * @param from Bytes that begin with the message, or a cursor at it, which is then moved behind.
 *   What follows the message is left alone, as Kafka does.
 * @returns The message with every field, at its default where the version lacks it. Bytes and
 *   records are views on what was given.
 * @throws {ProtocolError} where the bytes are no such message.
 */
export function decode<M extends Message>(
  type: M,
  version: number,
  from: Cursor | Uint8Array,
): MessageOf<M> {
  const cursor = from instanceof Cursor ? from : new Cursor(from)
  const read = readerOf(type, version)
  try {
    return read(cursor) as MessageOf<M>
  } catch (error) {
    throw named(error, type, version)
  }
}

/**
 * Writes one message, without header or size.
 *
 * @returns Its bytes as parts one behind the other: record batches are not copied.
 * @throws {ProtocolError} InvalidValue where a value does not fit its field, or would be lost in
 *   this version.
 */
export function encode<M extends Message>(type: M, version: number, message: InputOf<M>): Part[] {
  const codec = writerOf(type, version)
  const sink = new Sink()
  try {
    sink.allocate(codec.size(message, sink))
    codec.write(message, sink)
    return sink.finish()
  } catch (error) {
    throw named(error, type, version)
  }
}

/** The compiled code knows fields only; who reads the error wants to know of which message. */
export function named(error: unknown, { name }: Message, version: number): unknown {
  if (!(error instanceof ProtocolError)) return error
  return new ProtocolError(error.reason, `${name} v${version}: ${error.message}`)
}
