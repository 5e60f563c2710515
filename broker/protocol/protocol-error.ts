/**
 * What makes bytes no message of Kafka's, or a value no bytes. Stable words: logs and metrics use
 * them.
 */
export type ProtocolErrorReason =
  | 'FrameTooLarge' // longer than the limit, or of a negative length
  | 'Truncated' // it claims more bytes than there are
  | 'InvalidLength' // a length or count that no writer makes
  | 'UnexpectedNull' // null where the version allows none
  | 'OutOfRange' // a 64-bit integer beyond +-(2^53 - 1)
  | 'TooManyElements' // array elements that would become far more memory than the frame
  | 'UnknownApi' // no such API key, or none in that direction
  | 'UnsupportedVersion' // a version that the message does not have
  | 'InvalidValue' // writing: a value that the field cannot hold, or that the version would lose

/**
 * Bytes that cannot be read as a message, or a message that cannot be written. A peer that sends
 * such bytes is disconnected, as Kafka does: what follows on the connection cannot be trusted.
 */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError'
  readonly reason: ProtocolErrorReason

  constructor(reason: ProtocolErrorReason, message: string) {
    super(message)
    this.reason = reason
  }
}
