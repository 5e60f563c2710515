import type { Random } from '../lib/random.ts'
import type { Connection } from './net/connection.ts'
import { InternalAuth, mechanism } from './net/internal-auth.ts'
import type { ApiName, ResponseInputOf } from './protocol/apis.ts'
import { isKnownVersion, readRequest, readRequestBody } from './protocol/frames/request.ts'
import { encodeResponse } from './protocol/frames/response.ts'
import { errorCodes } from './protocol/generated/error-codes.ts'

type Handle = (frame: Uint8Array, connection: Connection) => void

/**
 * Stands before an internal listener: nobody who has not shown the cluster's secret gets to what is
 * behind, but for ApiVersions, which tells nothing that matters.
 */
export class InternalGate {
  private readonly secret: Uint8Array
  private readonly random: Random
  private readonly behind: Handle
  private readonly auths = new WeakMap<Connection, InternalAuth>()

  constructor(secret: Uint8Array, random: Random, behind: Handle) {
    this.secret = secret
    this.random = random
    this.behind = behind
  }

  /** As `onRequest` of a listener. @throws {ProtocolError} */
  handle(frame: Uint8Array, connection: Connection): void {
    if (this.auths.get(connection)?.isDone === true) this.behind(frame, connection)
    else this.judge(frame, connection)
  }

  private judge(frame: Uint8Array, connection: Connection): void {
    const request = readRequest(frame)
    const { api, version, correlationId } = request
    const send = <N extends ApiName>(name: N, body: ResponseInputOf<N>) =>
      connection.begin().send(encodeResponse(name, version, correlationId, body))
    const refuse = () => connection.begin().close('NotAuthenticated')

    if (api.name === 'ApiVersions') return this.behind(frame, connection)
    if (!isKnownVersion(api, version)) return refuse()
    if (api.name === 'SaslHandshake') {
      const isOurs = readRequestBody('SaslHandshake', request).mechanism === mechanism
      if (this.auths.has(connection)) return refuse() // a connection has one try
      if (isOurs) this.auths.set(connection, new InternalAuth(this.secret, this.random))
      const errorCode = isOurs ? 0 : errorCodes.UNSUPPORTED_SASL_MECHANISM
      return send('SaslHandshake', { errorCode, mechanisms: [mechanism] })
    }
    const auth = this.auths.get(connection)
    if (api.name !== 'SaslAuthenticate' || auth === undefined) return refuse()
    const step = auth.next(readRequestBody('SaslAuthenticate', request).authBytes)
    if (step.type === 'refused') return refuse()
    const authBytes = step.type === 'continue' ? step.bytes : new Uint8Array(0)
    return send('SaslAuthenticate', { errorCode: 0, errorMessage: null, authBytes })
  }
}
