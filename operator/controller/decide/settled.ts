import { KafkaError } from '../../../broker/protocol/errors.ts'
import { errorCodes } from '../../../broker/protocol/generated/error-codes.ts'

/** What an answer says of one topic or resource: no error, or which. */
export type Outcome = { readonly errorCode: number; readonly errorMessage: string | null }

export const fine: Outcome = { errorCode: 0, errorMessage: null }

/** @throws What is no KafkaError: our own mistake. */
export function outcomeOf(error: unknown): Outcome {
  if (!(error instanceof KafkaError)) throw error
  return { errorCode: errorCodes[error.code], errorMessage: error.message }
}
