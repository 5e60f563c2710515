import { errorCodes } from '../protocol/generated/error-codes.ts'

/** Why a controller cannot be followed, though it can be reached. */
export class LinkError extends Error {
  override readonly name = 'LinkError'
  readonly reason: 'Diverged' | 'Refused'

  constructor(reason: LinkError['reason'], message: string) {
    super(message)
    this.reason = reason
  }
}

/** Kafka's name of an error code. */
export function codeOf(errorCode: number): string {
  const found = Object.entries(errorCodes).find(([, code]) => code === errorCode)
  return found?.[0] ?? `error ${errorCode}`
}
