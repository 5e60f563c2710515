import { KafkaError } from '../protocol/errors.ts'

/**
 * What a member of a group hears when records could not be appended or committed: what clients of
 * groups know to try again, as Kafka's CoordinatorOperationExceptionHelper has it.
 */
export function answerToFailedAppend(error: KafkaError): KafkaError {
  const code = codes[error.code]
  return code === undefined ? error : new KafkaError(code, error.message, { cause: error })
}

const codes: { readonly [Code in KafkaError['code']]?: KafkaError['code'] } = {
  UNKNOWN_TOPIC_OR_PARTITION: 'COORDINATOR_NOT_AVAILABLE',
  NOT_ENOUGH_REPLICAS: 'COORDINATOR_NOT_AVAILABLE',
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: 'COORDINATOR_NOT_AVAILABLE',
  REQUEST_TIMED_OUT: 'COORDINATOR_NOT_AVAILABLE',
  NOT_LEADER_OR_FOLLOWER: 'NOT_COORDINATOR',
  UNKNOWN_TOPIC_ID: 'NOT_COORDINATOR',
  KAFKA_STORAGE_ERROR: 'NOT_COORDINATOR',
  MESSAGE_TOO_LARGE: 'UNKNOWN_SERVER_ERROR',
  RECORD_LIST_TOO_LARGE: 'UNKNOWN_SERVER_ERROR',
  INVALID_FETCH_SIZE: 'UNKNOWN_SERVER_ERROR',
}
