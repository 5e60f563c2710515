import { StorageError } from '../log/storage-error.ts'
import { KafkaError } from '../protocol/errors.ts'

/** What a client is told of a log that cannot be used; anything else stays what it is. */
export function asKafkaError(error: unknown): unknown {
  if (!(error instanceof StorageError)) return error
  // Another replica may lead soon: clients ask for metadata and come again.
  return new KafkaError('KAFKA_STORAGE_ERROR', error.message, { cause: error })
}
