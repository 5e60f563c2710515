import { expect, test } from 'vitest'
import { InternalGate } from '../../broker/internal-gate.ts'
import type { ClientConnection } from '../../broker/net/client-connection.ts'
import { connect } from '../../broker/net/connect.ts'
import { authenticate } from '../../broker/net/internal-auth.ts'
import { readRequest } from '../../broker/protocol/frames/request.ts'
import { encodeResponse } from '../../broker/protocol/frames/response.ts'
import { realClock } from '../../lib/clock.ts'
import { realRandom } from '../../lib/random.ts'
import { startListener, until } from './net/support.ts'

const secret = Buffer.from('nobody may know this')

/** A listener with a gate before it: behind it everything is answered as a heartbeat of a group. */
async function gated() {
  const behind: string[] = []
  const gate = new InternalGate(secret, realRandom, (frame, connection) => {
    const { api, correlationId } = readRequest(frame)
    behind.push(api.name)
    if (api.name === 'Heartbeat') {
      connection.begin().send(encodeResponse('Heartbeat', 4, correlationId, { errorCode: 0 }))
    } else connection.begin().close('Behind')
  })
  const listener = await startListener({
    onRequest: (frame, connection) => gate.handle(frame, connection),
  })
  const dial = () => connect({ host: '127.0.0.1', port: listener.port, clock: realClock })
  return { listener, behind, dial }
}

const heartbeat = (connection: ClientConnection) =>
  connection.request('Heartbeat', 4, { groupId: 'g', generationId: 1, memberId: 'm' })

test('who has the secret gets to what is behind', async () => {
  const { listener, dial, behind } = await gated()
  await using _ = listener
  const connection = await dial()
  await authenticate(connection, secret, realRandom)
  expect((await heartbeat(connection)).errorCode).toBe(0)
  expect(behind).toEqual(['Heartbeat'])
})

test('who asks without it is cut off, and nothing gets through', async () => {
  const { listener, dial, behind } = await gated()
  await using _ = listener
  await expect(heartbeat(await dial())).rejects.toMatchObject({ code: 'ECONNRESET' })
  expect(behind).toEqual([])
  await until(() => listener.metrics.closed.get('NotAuthenticated') === 1, 'it is counted')
})

test('ApiVersions is answered before', async () => {
  const { listener, dial, behind } = await gated()
  await using _ = listener
  const connection = await dial()
  const names = { clientSoftwareName: 'a', clientSoftwareVersion: '1' }
  await connection.request('ApiVersions', 4, names).catch(() => {})
  expect(behind).toEqual(['ApiVersions'])
})

test('who has another secret is not let in, and does not let us in', async () => {
  const { listener, dial, behind } = await gated()
  await using _ = listener
  const connection = await dial()
  const trying = authenticate(connection, Buffer.from('another'), realRandom)
  await expect(trying).rejects.toThrow('the peer does not have the secret of this cluster')
  await connection.request('SaslAuthenticate', 2, { authBytes: Buffer.alloc(32) }).catch(() => {})
  await expect(heartbeat(connection)).rejects.toThrow()
  expect(behind).toEqual([])
})

test('a connection has one try', async () => {
  const { listener, dial } = await gated()
  await using _ = listener
  const connection = await dial()
  const handshake = () =>
    connection.request('SaslHandshake', 1, { mechanism: 'KAVKA-HMAC-SHA-256' })
  expect((await handshake()).errorCode).toBe(0)
  await expect(handshake()).rejects.toMatchObject({ code: 'ECONNRESET' })
})

test('what was shown once is of no use to who heard it', async () => {
  const { listener, dial, behind } = await gated()
  await using _ = listener
  const heard: Uint8Array[] = []
  const first = await dial()
  const listening = {
    request: (name: string, version: number, body: { authBytes?: Uint8Array }) => {
      if (body.authBytes !== undefined) heard.push(body.authBytes)
      return first.request(name as 'SaslAuthenticate', version, body as never)
    },
  } as ClientConnection
  await authenticate(listening, secret, realRandom)

  const replayed = await dial()
  await replayed.request('SaslHandshake', 1, { mechanism: 'KAVKA-HMAC-SHA-256' })
  await replayed.request('SaslAuthenticate', 2, { authBytes: heard[0] as Uint8Array })
  const last = replayed.request('SaslAuthenticate', 2, { authBytes: heard[1] as Uint8Array })
  await expect(last).rejects.toMatchObject({ code: 'ECONNRESET' })
  await expect(heartbeat(replayed)).rejects.toThrow()
  expect(behind).toEqual([])
})

test('another mechanism is refused as Kafka does it', async () => {
  const { listener, dial } = await gated()
  await using _ = listener
  const connection = await dial()
  const answer = await connection.request('SaslHandshake', 1, { mechanism: 'PLAIN' })
  expect(answer).toMatchObject({ errorCode: 33, mechanisms: ['KAVKA-HMAC-SHA-256'] })
})
