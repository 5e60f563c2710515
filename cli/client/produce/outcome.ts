import { errorCodes } from '../../../broker/protocol/generated/error-codes.ts'
import { answerError, isTransient } from '../client-error.ts'

/** Of a broker, for one partition. */
export type Answer = { readonly errorCode: number; readonly errorMessage: string | null }

/** What is to be done with a batch after it was answered. */
export type Outcome =
  | { readonly type: 'delivered' }
  | { readonly type: 'too-large' }
  /** Tried again, once leaders have been found anew. */
  | { readonly type: 'again'; readonly error: Error }
  | { readonly type: 'failed'; readonly error: Error }

export function outcomeOf({ errorCode, errorMessage }: Answer, where: string): Outcome {
  switch (errorCode) {
    case errorCodes.NONE:
    case errorCodes.DUPLICATE_SEQUENCE_NUMBER: // it had arrived, and only the answer was lost
      return { type: 'delivered' }
    case errorCodes.MESSAGE_TOO_LARGE:
    case errorCodes.RECORD_LIST_TOO_LARGE:
      return { type: 'too-large' }
    default: {
      const error = answerError(errorCode, where, errorMessage)
      return { type: isTransient(error) ? 'again' : 'failed', error }
    }
  }
}
