import { errorCodes } from '../protocol/generated/error-codes.ts'

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
  const found = Object.entries(errorCodes).find(([, code]) => code === errorCode)
  return found?.[0] ?? `error ${errorCode}`
}
