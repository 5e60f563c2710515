import type { errorCodes } from './generated/error-codes.ts'

/**
 * An answer the protocol has a code for: goes into the response, never stops the broker. Its message
 * may quote a request, and is cut to what an answer can carry.
 */
export class KafkaError extends Error {
  override readonly name = 'KafkaError'
  readonly code: keyof typeof errorCodes // Kafka's own name, e.g. NOT_LEADER_OR_FOLLOWER

  constructor(code: keyof typeof errorCodes, message: string, options?: ErrorOptions) {
    super(message.length <= mostLength ? message : `${message.slice(0, mostLength)}...`, options)
    this.code = code
  }
}

/** In UTF-16 units, of which none takes more than three of the 32,767 bytes that there are. */
const mostLength = 4_000
