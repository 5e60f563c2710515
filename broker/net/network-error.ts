/**
 * What keeps a listener from listening, or ends a connection that was dialled. The codes are
 * Node's where Node has one: ECONNREFUSED means that nobody listens there, which a reset or a
 * timeout does not tell.
 */
export type NetworkErrorCode =
  | 'EADDRINUSE' // another process listens there
  | 'EACCES' // not permitted
  | 'EADDRNOTAVAIL' // not an address of this machine
  | 'ENOTFOUND' // no such host
  | 'ECONNREFUSED' // nobody listens
  | 'ECONNRESET' // the peer closed it, with or without saying so
  | 'ETIMEDOUT' // no connection, or no answer, in time
  | 'EPROTO' // the peer sends what is no answer
  | 'ECLOSED' // we closed it
  | 'EBUSY' // too many requests wait for their answers
  | (string & {}) // whatever else the system says

export class NetworkError extends Error {
  override readonly name = 'NetworkError'
  readonly code: NetworkErrorCode

  /** @param message Names host and port. */
  constructor(code: NetworkErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

export type Address = { readonly host: string; readonly port: number }

export function textOf({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** What Node says when it cannot listen or connect, in words that name the address. */
export function networkError(doing: string, address: Address, cause: unknown): NetworkError {
  const code = codeOf(cause)
  const why = reasons[code] ?? (cause instanceof Error ? cause.message : String(cause))
  return new NetworkError(code, `cannot ${doing} ${textOf(address)}: ${why}`, { cause })
}

/** Where a name has several addresses, Node tries all and says what each of them said. */
function codeOf(cause: unknown): NetworkErrorCode {
  if (cause instanceof AggregateError && cause.errors.length > 0) return codeOf(cause.errors[0])
  const { code } = cause as { code?: unknown }
  if (typeof code !== 'string') return 'EUNKNOWN'
  return sameCode[code] ?? code
}

/** EAI_AGAIN is what a resolver says that is away; to a caller it is the same. EPIPE as well. */
const sameCode: Record<string, NetworkErrorCode> = {
  EAI_AGAIN: 'ENOTFOUND',
  EPIPE: 'ECONNRESET',
}

const reasons: Record<string, string> = {
  EADDRINUSE: 'the address is in use',
  EACCES: 'not permitted (ports below 1024 may need a capability)',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'no such host',
  ECONNREFUSED: 'refused, nobody listens there',
  ECONNRESET: 'the peer closed the connection',
  ETIMEDOUT: 'no answer in time',
}
