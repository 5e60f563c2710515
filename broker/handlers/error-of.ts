import { asKafkaError } from '../partition/storage-problem.ts'
import { KafkaError } from '../protocol/errors.ts'
import { errorCodes } from '../protocol/generated/error-codes.ts'

/** What a client is told of an error. Rethrows what is our own mistake. */
export function errorOf(error: unknown): { errorCode: number; errorMessage: string } {
  const known = asKafkaError(error)
  if (!(known instanceof KafkaError)) throw error
  return { errorCode: errorCodes[known.code], errorMessage: known.message }
}
