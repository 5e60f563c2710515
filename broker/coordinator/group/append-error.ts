import type { errorCodes } from '../../protocol/generated/error-codes.ts'

export type ErrorName = keyof typeof errorCodes

/**
 * What members are told where a group could not be written: they find the coordinator again, or try
 * again. The same words as from Kafka, whose clients know no others here.
 */
export function appendErrorFor(code: ErrorName): ErrorName {
  switch (code) {
    case 'UNKNOWN_TOPIC_OR_PARTITION':
    case 'NOT_ENOUGH_REPLICAS':
    case 'REQUEST_TIMED_OUT':
      return 'COORDINATOR_NOT_AVAILABLE'
    case 'NOT_LEADER_OR_FOLLOWER':
    case 'KAFKA_STORAGE_ERROR':
      return 'NOT_COORDINATOR'
    case 'MESSAGE_TOO_LARGE':
    case 'RECORD_LIST_TOO_LARGE':
    case 'INVALID_FETCH_SIZE':
      return 'UNKNOWN_SERVER_ERROR'
    default:
      return code
  }
}
