import { KafkaError } from './errors.ts'
import { errorCodes } from './generated/error-codes.ts'

/** The number and the words of an error, as answers have them. Rethrows our own mistakes. */
export function errorOf(error: unknown): { errorCode: number; errorMessage: string } {
  if (!(error instanceof KafkaError)) throw error
  return { errorCode: errorCodes[error.code], errorMessage: error.message }
}
