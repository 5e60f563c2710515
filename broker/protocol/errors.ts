import type { errorCodes } from './generated/error-codes.ts'

/** An answer the protocol has a code for: goes into the response, never stops the broker. */
export class KafkaError extends Error {
  override readonly name = 'KafkaError'
  readonly code: keyof typeof errorCodes // Kafka's own name, e.g. NOT_LEADER_OR_FOLLOWER

  constructor(code: keyof typeof errorCodes, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
