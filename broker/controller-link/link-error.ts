import { MetadataError } from '../metadata/metadata-error.ts'
import { NetworkError } from '../net/network-error.ts'
import { errorName } from '../protocol/error-name.ts'
import { KafkaError } from '../protocol/errors.ts'

/** Why a controller is not followed, though it can be reached. Stable words, in logs. */
export type LinkProblem =
  | 'Diverged' // its log is not the one that this broker has a copy of
  | 'Refused' // it answered with an error
  | 'Superseded' // another one has a higher epoch

export class LinkError extends Error {
  override readonly name = 'LinkError'
  readonly problem: LinkProblem

  constructor(problem: LinkProblem, message: string, options?: ErrorOptions) {
    super(message, options)
    this.problem = problem
  }
}

/** @throws {LinkError} Refused, with Kafka's name of the error. */
export function checkCode(what: string, errorCode: number): void {
  if (errorCode !== 0) throw new LinkError('Refused', `${what} was answered ${codeOf(errorCode)}`)
}

/** Kafka's name of an error code. */
export function codeOf(errorCode: number): string {
  return errorName(errorCode) ?? `error ${errorCode}`
}

/** Of a controller or of what is between; anything else is ours, or the disk's. */
export function isOfController(error: unknown): error is Error {
  return (
    error instanceof NetworkError ||
    error instanceof LinkError ||
    error instanceof MetadataError ||
    error instanceof KafkaError
  )
}

/** Its log is not the one this broker knows, or is not to be understood: nothing of it is believed. */
export function isIgnored(error: Error): boolean {
  return (
    error instanceof MetadataError || (error instanceof LinkError && error.problem === 'Diverged')
  )
}
