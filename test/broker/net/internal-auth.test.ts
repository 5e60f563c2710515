import { expect, test } from 'vitest'
import { connect } from '../../../broker/net/connect.ts'
import { authenticate, InternalAuth, mechanism } from '../../../broker/net/internal-auth.ts'
import { readRequest, readRequestBody } from '../../../broker/protocol/frames/request.ts'
import { encodeResponse } from '../../../broker/protocol/frames/response.ts'
import { errorCodes } from '../../../broker/protocol/generated/error-codes.ts'
import { realClock } from '../../../lib/clock.ts'
import { realRandom } from '../../../lib/random.ts'
import { startListener } from './support.ts'

const secret = Buffer.from('of this cluster')
const other = Buffer.from('of another cluster')

test('who has the secret of the cluster is let in', async () => {
  await using peer = await startPeer(secret)
  await peer.dial(secret)
  expect(peer.auth.isDone).toBe(true)
})

test('a peer without the secret is found out by who dials, before that one proves anything', async () => {
  await using peer = await startPeer(other)
  await expect(peer.dial(secret)).rejects.toMatchObject({ code: 'EAUTH' })
  expect(peer.messages).toBe(1)
  expect(peer.auth.isDone).toBe(false)
})

test('a proof that was made with another secret is refused', () => {
  const auth = new InternalAuth(secret, realRandom)
  expect(auth.next(realRandom.bytes(32)).type).toBe('continue')
  expect(auth.next(realRandom.bytes(32)).type).toBe('refused')
  expect(auth.isDone).toBe(false)
})

test("the listening side's own proof is none of the dialling side", () => {
  const auth = new InternalAuth(secret, realRandom)
  const step = auth.next(realRandom.bytes(32))
  if (step.type !== 'continue') throw new Error('no challenge')
  expect(auth.next(step.bytes.subarray(32)).type).toBe('refused')
})

test('a proof is good for one connection only', () => {
  const client = realRandom.bytes(32)
  const challenges = [0, 1].map(() => new InternalAuth(secret, realRandom).next(client))
  expect(challenges[0]).not.toEqual(challenges[1])
})

test('a nonce of another length is refused, and so is more after the end', async () => {
  expect(new InternalAuth(secret, realRandom).next(new Uint8Array(31)).type).toBe('refused')
  await using peer = await startPeer(secret)
  await peer.dial(secret)
  expect(peer.auth.next(new Uint8Array(32)).type).toBe('refused')
})

/** A listener that does nothing but authenticate its one peer. */
async function startPeer(own: Uint8Array) {
  const auth = new InternalAuth(own, realRandom)
  const seen = { messages: 0 }
  const listener = await startListener({
    onRequest(frame, connection) {
      const request = readRequest(frame)
      const { version, correlationId } = request
      const answer = connection.begin()
      if (request.api.name === 'SaslHandshake') {
        const body = { errorCode: 0, mechanisms: [mechanism] }
        answer.send(encodeResponse('SaslHandshake', version, correlationId, body))
        return
      }
      seen.messages += 1
      const step = auth.next(readRequestBody('SaslAuthenticate', request).authBytes)
      const body = {
        errorCode: step.type === 'refused' ? errorCodes.SASL_AUTHENTICATION_FAILED : 0,
        errorMessage: null,
        authBytes: step.type === 'continue' ? step.bytes : new Uint8Array(0),
      }
      answer.send(encodeResponse('SaslAuthenticate', version, correlationId, body))
    },
  })
  const { port } = listener
  return {
    auth,
    get messages() {
      return seen.messages
    },
    async dial(with_: Uint8Array) {
      const connection = await connect({ host: '127.0.0.1', port, clock: realClock })
      try {
        await authenticate(connection, with_, realRandom)
      } finally {
        connection.close()
      }
    },
    [Symbol.asyncDispose]: () => listener[Symbol.asyncDispose](),
  }
}
