import { NetworkError } from '../../broker/net/network-error.ts'
import { type ErrorName, errorName } from '../../broker/protocol/error-name.ts'

/** What ends a client's work, in one line for a person. */
export class ClientError extends Error {
  override readonly name = 'ClientError'
}

/** What may be gone when it is tried again, with the leaders as they are by then. */
export class TransientError extends Error {
  override readonly name = 'TransientError'
}

export function isTransient(error: unknown): error is TransientError | NetworkError {
  return error instanceof TransientError || error instanceof NetworkError
}

/**
 * What an error code of an answer comes to.
 *
 * @param what What was asked for, as the beginning of a sentence.
 */
export function answerError(
  code: number,
  what: string,
  message: string | null = null,
): TransientError | ClientError {
  const name = errorName(code) ?? `error ${code}`
  const text = `${what}: ${name}${message === null ? '' : ` (${message})`}`
  return transient.has(name) ? new TransientError(text) : new ClientError(text)
}

/** Those that Kafka's own clients try again, as far as they are answers to what is asked here. */
const transient: ReadonlySet<string> = new Set([
  'CORRUPT_MESSAGE', // on the way: it was whole when it was sent
  'UNKNOWN_TOPIC_OR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_OR_FOLLOWER',
  'REQUEST_TIMED_OUT',
  'BROKER_NOT_AVAILABLE',
  'REPLICA_NOT_AVAILABLE',
  'NETWORK_EXCEPTION',
  'COORDINATOR_LOAD_IN_PROGRESS',
  'COORDINATOR_NOT_AVAILABLE',
  'NOT_ENOUGH_REPLICAS',
  'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
  'NOT_CONTROLLER',
  'KAFKA_STORAGE_ERROR',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'OFFSET_NOT_AVAILABLE',
  'UNSTABLE_OFFSET_COMMIT',
] satisfies ErrorName[])
