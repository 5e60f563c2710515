import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Random } from '../../lib/random.ts'
import type { ClientConnection } from './client-connection.ts'
import { NetworkError } from './network-error.ts'

/**
 * How the processes of a cluster know each other on internal listeners: both show that they have the
 * cluster's secret, and neither says it. Carried by Kafka's SaslHandshake and SaslAuthenticate:
 *
 *     dialling: a nonce
 *     listening: another nonce, HMAC(secret, "server", both nonces)
 *     dialling: HMAC(secret, "client", both nonces)
 */
export const mechanism = 'KAVKA-HMAC-SHA-256'

const nonceBytes = 32

/** What the listening side answers to one message. */
export type AuthStep =
  | { readonly type: 'continue'; readonly bytes: Uint8Array }
  | { readonly type: 'done' }
  | { readonly type: 'refused'; readonly why: string }

/** The listening side of one connection. Pure but for the nonce. */
export class InternalAuth {
  private readonly secret: Uint8Array
  private readonly random: Pick<Random, 'bytes'>
  private nonces: { client: Uint8Array; server: Uint8Array } | undefined
  private authenticated = false

  constructor(secret: Uint8Array, random: Pick<Random, 'bytes'>) {
    this.secret = secret
    this.random = random
  }

  get isDone(): boolean {
    return this.authenticated
  }

  /** Takes the next message of the peer. After a refusal the connection is to be closed. */
  next(message: Uint8Array): AuthStep {
    if (this.authenticated) return refused('it is authenticated already')
    if (this.nonces === undefined) {
      if (message.byteLength !== nonceBytes) return refused('its nonce has another length')
      // Its own memory: the message is a view on the frame.
      this.nonces = { client: new Uint8Array(message), server: this.random.bytes(nonceBytes) }
      const proof = proofOf(this.secret, 'server', this.nonces)
      return { type: 'continue', bytes: Buffer.concat([this.nonces.server, proof]) }
    }
    const proof = proofOf(this.secret, 'client', this.nonces)
    if (!isSame(proof, message)) return refused('it does not have the secret of this cluster')
    this.authenticated = true
    return { type: 'done' }
  }
}

/**
 * The dialling side.
 *
 * @throws {NetworkError} EAUTH, if the peer refuses us or does not have the secret itself.
 */
export async function authenticate(
  connection: ClientConnection,
  secret: Uint8Array,
  random: Pick<Random, 'bytes'>,
): Promise<void> {
  const handshake = await connection.request('SaslHandshake', 1, { mechanism })
  if (handshake.errorCode !== 0) throw failed('the peer does not know how to authenticate')
  const client = random.bytes(nonceBytes)
  const { errorCode, authBytes } = await connection.request('SaslAuthenticate', 2, {
    authBytes: client,
  })
  if (errorCode !== 0) throw failed('the peer refuses to authenticate')
  const nonces = { client, server: authBytes.subarray(0, nonceBytes) }
  const proof = proofOf(secret, 'server', nonces)
  if (!isSame(proof, authBytes.subarray(nonceBytes))) {
    throw failed('the peer does not have the secret of this cluster')
  }
  const own = proofOf(secret, 'client', nonces)
  const last = await connection.request('SaslAuthenticate', 2, { authBytes: own })
  if (last.errorCode !== 0) throw failed('the peer says that our secret is not its own')
}

function proofOf(
  secret: Uint8Array,
  side: 'server' | 'client',
  { client, server }: { client: Uint8Array; server: Uint8Array },
): Buffer {
  return createHmac('sha256', secret).update(side).update(client).update(server).digest()
}

function isSame(proof: Uint8Array, other: Uint8Array): boolean {
  return proof.byteLength === other.byteLength && timingSafeEqual(proof, other)
}

function refused(why: string): AuthStep {
  return { type: 'refused', why }
}

function failed(why: string): NetworkError {
  return new NetworkError('EAUTH', `cannot authenticate: ${why}`)
}
