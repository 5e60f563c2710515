import { createServer, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import type { RequestOptions } from '../../../broker/net/client-connection.ts'
import { connect } from '../../../broker/net/connect.ts'
import type { Connection } from '../../../broker/net/connection.ts'
import { defaultNetLimits } from '../../../broker/net/limits.ts'
import { Slabs } from '../../../broker/net/slabs.ts'
import { readRequest, readRequestBody } from '../../../broker/protocol/frames/request.ts'
import { encodeResponse } from '../../../broker/protocol/frames/response.ts'
import { realClock } from '../../../lib/clock.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { distinct, startListener, until } from './support.ts'

const host = '127.0.0.1'
const clock = realClock
const heartbeat = { groupId: 'g', generationId: 1, memberId: 'm' }

/** Answers a Heartbeat with its generation as throttle time, so that answers can be told apart. */
function answerOf(frame: Uint8Array) {
  const request = readRequest(frame)
  const body = readRequestBody('Heartbeat', request)
  return encodeResponse('Heartbeat', request.version, request.correlationId, {
    throttleTimeMs: body.generationId,
    errorCode: 0,
  })
}

const onRequest = (frame: Uint8Array, connection: Connection) =>
  connection.begin().send(answerOf(frame))

const servers: Server[] = []
const sockets: Socket[] = []
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy()
  for (const server of servers.splice(0)) server.close()
})

/** A peer that is no broker of ours. @returns Its port. */
async function peer(act: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => {})
    act(socket)
  })
  servers.push(server)
  await new Promise<void>((resolve) => void server.listen(0, host, resolve))
  return (server.address() as { port: number }).port
}

describe('dialling', () => {
  test('nobody listens: ECONNREFUSED, with host and port', async () => {
    const listener = await startListener()
    const { port } = listener
    await listener.close({ drainMs: 0 })
    await expect(connect({ host, port, clock })).rejects.toThrow(
      expect.objectContaining({
        name: 'NetworkError',
        code: 'ECONNREFUSED',
        message: `cannot connect to 127.0.0.1:${port}: refused, nobody listens there`,
      }),
    )
  })

  test('no such host: ENOTFOUND', async () => {
    const dialled = connect({ host: 'no-such-host.invalid', port: 1, clock })
    await expect(dialled).rejects.toThrow(expect.objectContaining({ code: 'ENOTFOUND' }))
  })

  test('no connection in time: ETIMEDOUT', async () => {
    const manual = new ManualClock()
    const dialled = connect({ host: '192.0.2.1', port: 9, clock: manual, connectTimeoutMs: 500 })
    const failed = dialled.catch((error: { code?: string }) => error.code)
    await manual.advance(500)
    // A machine without a route says so at once.
    expect(['ETIMEDOUT', 'ENETUNREACH', 'EHOSTUNREACH', 'ECONNREFUSED']).toContain(await failed)
    expect(manual.pending).toBe(0)
  })
})

describe('requests', () => {
  test('are answered, many at a time', async () => {
    await using listener = await startListener({ onRequest })
    const client = await connect({ host, port: listener.port, clock, clientId: 'broker-1' })
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, generationId) =>
        client.request('Heartbeat', 4, { ...heartbeat, generationId }),
      ),
    )
    expect(answers.map(({ throttleTimeMs }) => throttleTimeMs)).toEqual(
      Array.from({ length: 100 }, (_, index) => index),
    )
    expect(client.requestsInFlight).toBe(0)
    client.close()
    expect(await client.closed).toMatchObject({ code: 'ECLOSED' })
  })

  test('that nobody answers in time close the connection', async () => {
    const manual = new ManualClock()
    const port = await peer(() => {})
    const client = await connect({ host, port, clock: manual })
    const long = client.request('Heartbeat', 4, heartbeat, { timeoutMs: 60_000 })
    const short = client.request('Heartbeat', 4, heartbeat, { timeoutMs: 1_000 })
    const outcomes = Promise.allSettled([long, short])
    await manual.advance(1_000)
    const reason = {
      code: 'ETIMEDOUT',
      message: `127.0.0.1:${port}: no answer to Heartbeat in 1000 ms`,
    }
    expect(await outcomes).toMatchObject([{ reason }, { reason }])
    await expect(client.request('Heartbeat', 4, heartbeat)).rejects.toThrow(reason.message)
    expect(manual.pending).toBe(0)
  })

  test('fail when the peer closes or resets: ECONNRESET', async () => {
    const closing = await peer((socket) => socket.once('data', () => socket.end()))
    const resetting = await peer((socket) => socket.once('data', () => socket.resetAndDestroy()))
    for (const port of [closing, resetting]) {
      const client = await connect({ host, port, clock })
      const request = client.request('Heartbeat', 4, heartbeat)
      await expect(request).rejects.toThrow(expect.objectContaining({ code: 'ECONNRESET' }))
      expect(await client.closed).toMatchObject({ code: 'ECONNRESET' })
    }
  })

  test('fail when we close: ECLOSED', async () => {
    const port = await peer(() => {})
    const client = await connect({ host, port, clock })
    const request = client.request('Heartbeat', 4, heartbeat)
    client.close()
    await expect(request).rejects.toThrow(expect.objectContaining({ code: 'ECLOSED' }))
  })

  test('are refused when too many wait, which closes nothing', async () => {
    await using listener = await startListener({ onRequest })
    const client = await connect({ host, port: listener.port, clock, maxInFlightRequests: 1 })
    const first = client.request('Heartbeat', 4, heartbeat)
    const second = client.request('Heartbeat', 4, heartbeat)
    await expect(second).rejects.toThrow(expect.objectContaining({ code: 'EBUSY' }))
    expect(await first).toMatchObject({ throttleTimeMs: 1 })
    client.close()
  })
})

describe('answers that are none', () => {
  test.each([
    ['in another order', [0, 0, 0, 4, 0, 0, 0, 7], 'correlation id 7, 0 is next'],
    ['too large', [0x7f, 0, 0, 0], 'FrameTooLarge, a frame claims 2130706432 bytes'],
    ['no body', [0, 0, 0, 5, 0, 0, 0, 0, 0], 'Truncated'],
  ])('%s: EPROTO, and the connection is closed', async (_, bytes, message) => {
    const port = await peer((socket) => socket.once('data', () => socket.write(Buffer.from(bytes))))
    const client = await connect({ host, port, clock })
    const request = client.request('Heartbeat', 4, heartbeat)
    await expect(request).rejects.toThrow(
      expect.objectContaining({ code: 'EPROTO', message: expect.stringContaining(message) }),
    )
    expect(await client.closed).toMatchObject({ code: 'EPROTO' })
  })

  test('one that nobody asked for: EPROTO', async () => {
    const port = await peer((socket) => socket.write(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0])))
    const client = await connect({ host, port, clock })
    expect(await client.closed).toMatchObject({
      code: 'EPROTO',
      message: expect.stringContaining('none is awaited'),
    })
  })
})

test('a large answer comes whole, and the next one too', async () => {
  const groups = Array.from({ length: 60_000 }, (_, index) => ({
    groupId: `group-${index}`,
    protocolType: 'consumer',
  }))
  const listGroups = (frame: Uint8Array, connection: Connection) => {
    const { version, correlationId } = readRequest(frame)
    const parts = encodeResponse('ListGroups', version, correlationId, { errorCode: 0, groups })
    connection.begin().send(parts)
  }
  await using listener = await startListener({ onRequest: listGroups })
  const client = await connect({ host, port: listener.port, clock })
  for (let i = 0; i < 2; i++) {
    const answer = await client.request('ListGroups', 0, {})
    expect(answer.groups.length).toBe(60_000)
    expect(answer.groups.at(-1)?.groupId).toBe('group-59999')
  }
  client.close()
  await until(() => listener.metrics.open === 0, 'it is gone')
})

describe('answers that are read into memory which is used again', () => {
  /** Answers with so many bytes that differ from those of any other answer. */
  const syncGroup = (frame: Uint8Array, connection: Connection) => {
    const { version, correlationId } = readRequest(frame)
    const assignment = distinct(correlationId, 100_000)
    const parts = encodeResponse('SyncGroup', version, correlationId, { errorCode: 0, assignment })
    connection.begin().send(parts)
  }

  /** @returns What came; each was right when it came. */
  async function ask(
    count: number,
    options: RequestOptions,
    isHeld?: (index: number) => boolean,
  ): Promise<Uint8Array[]> {
    const slabs = new Slabs({ clock, ...defaultNetLimits })
    const came: Uint8Array[] = []
    await using listener = await startListener({ onRequest: syncGroup })
    const client = await connect({ host, port: listener.port, clock, slabs })
    for (let i = 0; i < count; i++) {
      const body = { groupId: 'g', generationId: 1, memberId: 'm', assignments: [] }
      const { assignment } = await client.request('SyncGroup', 0, body, options)
      expect(isSame(assignment, i)).toBe(true)
      if (isHeld?.(i)) slabs.hold(assignment.buffer)
      came.push(assignment)
    }
    client.close()
    return came
  }

  const isSame = (got: Uint8Array, i: number) => distinct(i, 100_000).equals(got)

  test('stay as they are where somebody holds them', async () => {
    const isHeld = (i: number) => i % 50 === 20
    const came = await ask(200, { frameIsReusable: true }, isHeld)
    const held = came.flatMap((got, i) => (isHeld(i) ? [isSame(got, i)] : []))
    expect(held).toEqual([true, true, true, true])
    expect(new Set(came.map(({ buffer }) => buffer)).size).toBeLessThan(10) // of 20 MB
  })

  test('stay as they are where nobody promised anything', async () => {
    const came = await ask(50, {})
    expect(came.every(isSame)).toBe(true)
  })
})

test('what has no answer waits for none, and what is asked next is answered', async () => {
  const generations: number[] = []
  const listener = await startListener({
    onRequest(frame, connection) {
      const request = readRequest(frame)
      generations.push(readRequestBody('Heartbeat', request).generationId)
      if (generations.length === 1) connection.begin().none()
      else connection.begin().send(answerOf(frame))
    },
  })
  const connection = await connect({ host, port: listener.port, clock })
  connection.send('Heartbeat', 4, { ...heartbeat, generationId: 7 })
  expect(connection.requestsInFlight).toBe(0)

  const answer = await connection.request('Heartbeat', 4, { ...heartbeat, generationId: 8 })
  expect(answer.throttleTimeMs).toBe(8)
  expect(generations).toEqual([7, 8])
  connection.close()
  expect(() => connection.send('Heartbeat', 4, heartbeat)).toThrow('closed by us')
})
