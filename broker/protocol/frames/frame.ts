import { named } from '../codec/codec.ts'
import { writerOf } from '../codec/compile.ts'
import { Sink } from '../codec/sink.ts'
import { ProtocolError } from '../protocol-error.ts'
import type { Part } from '../schema/fields.ts'
import type { Message } from '../schema/message.ts'

/** A frame on the wire begins with its size without these bytes. */
export const sizeBytes = 4
const maxFrameBytes = 2 ** 31 - 1

type Piece = { readonly type: Message; readonly version: number; readonly message: unknown }

/**
 * Writes a whole frame: size, header and body in one buffer, with record batches as parts of their
 * own where they belong.
 */
export function encodeFrame(header: Piece, body: Piece): Part[] {
  try {
    return write(header, body)
  } catch (error) {
    throw named(error, body.type, body.version)
  }
}

function write(header: Piece, body: Piece): Part[] {
  const headerWriter = writerOf(header.type, header.version)
  const bodyWriter = writerOf(body.type, body.version)
  const sink = new Sink()
  const headerBytes = headerWriter.size(header.message, sink)
  const ownBytes = sizeBytes + headerBytes + bodyWriter.size(body.message, sink)
  const frameBytes = ownBytes - sizeBytes + sink.recordsBytes
  if (frameBytes > maxFrameBytes) {
    throw new ProtocolError('FrameTooLarge', `${frameBytes} bytes, ${maxFrameBytes} is the limit`)
  }
  sink.allocate(ownBytes)
  sink.view.setInt32(0, frameBytes)
  sink.position = sizeBytes
  headerWriter.write(header.message, sink)
  bodyWriter.write(body.message, sink)
  return sink.finish()
}
