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

/** Those that are named more than once: none of them is taken, as in Kafka. */
export function duplicates<T>(names: Iterable<T>): Set<T> {
  const seen = new Set<T>()
  const twice = new Set<T>()
  for (const name of names) {
    if (seen.has(name)) twice.add(name)
    seen.add(name)
  }
  return twice
}

/** The first of each key, in their order: what is named more than once is answered once, as in Kafka. */
export function onceEach<T>(all: readonly T[], keyOf: (one: T) => unknown): T[] {
  const seen = new Set<unknown>()
  return all.filter((one) => {
    const key = keyOf(one)
    if (seen.has(key)) return false
    seen.add(key)
    return true
  })
}
