import { createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { describe, expect, test } from 'vitest'
import type { Answer } from '../../../broker/net/answer.ts'
import { listen } from '../../../broker/net/listen.ts'
import { ProtocolError } from '../../../broker/protocol/protocol-error.ts'
import { realClock } from '../../../lib/clock.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { Client, echo, startListener, until } from './support.ts'

const hasIpv6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ family }) => family === 'IPv6'),
)
const bytes = (text: string) => Buffer.from(text)
const ignore = { clock: realClock, onRequest: echo, onFatal: () => {} }

describe('listening', () => {
  test('port 0 picks a port', async () => {
    await using listener = await startListener()
    expect(listener.port).toBeGreaterThan(0)
    using client = await Client.open(listener.port)
    client.send(bytes('hello'))
    expect(await client.texts(1)).toEqual(['hello'])
  })

  test('this Node reads accepted connections into memory of ours', async () => {
    await using listener = await startListener()
    using client = await Client.open(listener.port)
    await until(() => listener.metrics.open === 1, 'a connection')
    expect(listener.readMode).toBe('in-place')
    client.socket.end()
  })

  test('an address in use is refused with its host and port', async () => {
    await using listener = await startListener()
    const again = listen({ ...ignore, host: '127.0.0.1', port: listener.port })
    await expect(again).rejects.toThrow(
      expect.objectContaining({
        name: 'NetworkError',
        code: 'EADDRINUSE',
        message: `cannot listen on 127.0.0.1:${listener.port}: the address is in use`,
      }),
    )
  })

  test('so is an address that is not of this machine, and a host that is none', async () => {
    const foreign = listen({ ...ignore, host: '192.0.2.1', port: 9092 })
    await expect(foreign).rejects.toThrow(
      expect.objectContaining({
        code: 'EADDRNOTAVAIL',
        message: 'cannot listen on 192.0.2.1:9092: this machine has no such address',
      }),
    )
    const unknown = listen({ ...ignore, host: 'no-such-host.invalid', port: 9092 })
    await expect(unknown).rejects.toThrow(
      expect.objectContaining({
        code: 'ENOTFOUND',
        message: 'cannot listen on no-such-host.invalid:9092: no such host',
      }),
    )
  })
})

describe('how many connections there may be', () => {
  test('beyond max.connections they are closed at once, and counted', async () => {
    await using listener = await startListener({ limits: { maxConnections: 2 } })
    using one = await Client.open(listener.port)
    using two = await Client.open(listener.port)
    using three = new Client(listener.port)
    await three.closed()
    expect(listener.metrics.closed.get('TooManyConnections')).toBe(1)
    expect(listener.events).toMatchObject([
      { reason: 'TooManyConnections', remoteAddress: '127.0.0.1' },
    ])
    one.send(bytes('1'))
    two.send(bytes('2'))
    expect([await one.texts(1), await two.texts(1)]).toEqual([['1'], ['2']])
    one.socket.end()
    await until(() => listener.metrics.open === 1, 'one is gone')
    using four = await Client.open(listener.port)
    four.send(bytes('4'))
    expect(await four.texts(1)).toEqual(['4'])
    expect(listener.metrics.accepted).toBe(3)
  })

  test.runIf(hasIpv6)(
    'beyond max.connections.per.ip they are closed too, whether by IPv4 or IPv6',
    async () => {
      await using listener = await startListener({ host: '::', limits: { maxConnectionsPerIp: 1 } })
      using one = await Client.open(listener.port)
      using two = new Client(listener.port)
      await two.closed()
      expect(listener.metrics.closed.get('TooManyConnectionsPerIp')).toBe(1)
      one.send(bytes('1'))
      expect(await one.texts(1)).toEqual(['1'])
      expect([...listener.connections].map((c) => c.remoteAddress)).toEqual(['127.0.0.1'])
    },
  )
})

describe('idle connections', () => {
  const limits = { maxIdleMs: 10_000 }

  test('are closed after connections.max.idle.ms, by one timer for all of them', async () => {
    const clock = new ManualClock()
    await using listener = await startListener({ clock, limits })
    expect(clock.pending).toBe(0)
    using one = await Client.open(listener.port)
    using two = await Client.open(listener.port)
    await until(() => listener.metrics.open === 2, 'two connections')
    expect(clock.pending).toBe(1)
    await clock.advance(6_000)
    two.send(bytes('2'))
    expect(await two.texts(1)).toEqual(['2'])
    await clock.advance(5_000)
    await one.closed()
    await until(() => listener.metrics.open === 1, 'one is gone')
    await clock.advance(6_000)
    await until(() => listener.metrics.open === 0, 'both are gone')
    expect(listener.metrics.closed.get('Idle')).toBe(2)
    expect(clock.pending).toBe(0)
  })

  test('one that waits for an answer is not idle, however long it takes', async () => {
    const clock = new ManualClock()
    let answer: Answer | undefined
    const onRequest = (_: Uint8Array, connection: { begin(): Answer }) => {
      answer = connection.begin()
    }
    await using listener = await startListener({ clock, limits, onRequest })
    using client = await Client.open(listener.port)
    client.send(bytes('wait'))
    await until(() => answer !== undefined, 'the request')
    await clock.advance(100_000)
    answer?.send([Buffer.from([0, 0, 0, 1, 65])])
    expect(await client.texts(1)).toEqual(['A'])
    await clock.advance(11_000)
    await client.closed()
    expect(listener.metrics.closed.get('Idle')).toBe(1)
  })

  test('one that stops in the middle of a frame is idle', async () => {
    const clock = new ManualClock()
    await using listener = await startListener({ clock, limits })
    using client = await Client.open(listener.port)
    client.socket.write(Buffer.from([0, 0, 1, 0, 1, 2, 3]))
    await until(() => listener.metrics.bytesIn === 7, 'its bytes')
    await clock.advance(11_000)
    await client.closed()
    await until(() => listener.metrics.open === 0, 'it is gone')
    expect(listener.metrics.receivedBytes).toBe(0)
  })
})

describe('what goes wrong', () => {
  test('bytes that are no message close their connection alone', async () => {
    const onRequest: typeof echo = (frame, connection) => {
      if (frame.byteLength === 3) throw new ProtocolError('UnknownApi', 'no API has the key 99')
      echo(frame, connection)
    }
    await using listener = await startListener({ onRequest })
    using good = await Client.open(listener.port)
    using bad = await Client.open(listener.port)
    bad.send(bytes('bad'))
    await bad.closed()
    good.send(bytes('good'))
    expect(await good.texts(1)).toEqual(['good'])
    expect(listener.events).toMatchObject([
      { reason: 'UnknownApi', message: 'no API has the key 99' },
    ])
    expect(listener.metrics.closed.get('UnknownApi')).toBe(1)
    expect(listener.fatal).toEqual([])
  })

  test.each([
    ['negative', [0xff, 0xff, 0xff, 0xff], 'a frame claims -1 bytes, 0 to 1000 are allowed'],
    ['too large', [0, 0, 4, 0], 'a frame claims 1024 bytes, 0 to 1000 are allowed'],
  ])('a frame whose size is %s closes it, after those before it', async (_, size, message) => {
    const seen: string[] = []
    const onRequest: typeof echo = (frame, connection) => {
      seen.push(Buffer.from(frame).toString())
      connection.begin().none()
    }
    await using listener = await startListener({ limits: { maxFrameBytes: 1_000 }, onRequest })
    using client = await Client.open(listener.port)
    client.socket.write(Buffer.concat([Buffer.from([0, 0, 0, 2, 97, 98]), Buffer.from(size)]))
    await client.closed()
    expect(seen).toEqual(['ab'])
    expect(listener.events).toMatchObject([{ reason: 'FrameTooLarge', message }])
    expect(listener.metrics.receivedBytes).toBe(0)
  })

  test('a mistake of ours is told to the owner', async () => {
    const mistake = new TypeError('undefined is not a function')
    const onRequest = () => {
      throw mistake
    }
    await using listener = await startListener({ onRequest })
    using client = await Client.open(listener.port)
    client.send(bytes('x'))
    await client.closed()
    expect(listener.fatal).toEqual([mistake])
    expect(listener.metrics.closed.get('Failed')).toBe(1)
    expect(listener.metrics.requestsInFlight).toBe(0)
  })

  test('so is a handler that begins no answer, or two', async () => {
    await using none = await startListener({ onRequest: () => {} })
    using client = await Client.open(none.port)
    client.send(bytes('x'))
    await client.closed()
    expect(none.fatal).toMatchObject([{ message: 'each request begins its answer' }])
    const onRequest: typeof echo = (_, connection) => {
      connection.begin()
      connection.begin()
    }
    await using two = await startListener({ onRequest })
    using other = await Client.open(two.port)
    other.send(bytes('x'))
    await other.closed()
    expect(two.fatal).toMatchObject([{ name: 'InvariantError' }])
  })

  test('a peer that dies is normal, and its requests are told', async () => {
    let told = 0
    const onRequest: typeof echo = (_, connection) => {
      connection.begin().onClosed = () => void (told += 1)
    }
    await using listener = await startListener({ onRequest })
    using client = await Client.open(listener.port)
    client.send(bytes('a'), bytes('b'))
    await until(() => listener.metrics.requests === 2, 'two requests')
    client.socket.resetAndDestroy()
    await until(() => listener.metrics.open === 0, 'it is gone')
    expect(told).toBe(2)
    expect(listener.metrics.closed.get('Reset')).toBe(1)
    expect(listener.metrics).toMatchObject({ receivedBytes: 0, requestsInFlight: 0 })
    expect(listener.fatal).toEqual([])
  })
})

describe('closing', () => {
  test('answers what was read, and takes nothing more', async () => {
    const answers: Answer[] = []
    const onRequest: typeof echo = (_, connection) => void answers.push(connection.begin())
    await using listener = await startListener({ onRequest })
    using client = await Client.open(listener.port)
    client.send(bytes('a'), bytes('b'))
    await until(() => answers.length === 2, 'two requests')
    const { port } = listener
    const closing = listener.close({ drainMs: 10_000 })
    using late = new Client(port)
    await late.closed()
    client.send(bytes('c'))
    answers[1]?.send([Buffer.from([0, 0, 0, 1, 66])])
    answers[0]?.send([Buffer.from([0, 0, 0, 1, 65])])
    expect(await client.texts(3)).toEqual(['A', 'B', undefined])
    expect(await closing).toEqual({ drained: 1, destroyed: 0 })
    expect(answers.length).toBe(2)
    expect(listener.metrics.closed.get('Drained')).toBe(1)
  })

  test('cuts off what is not answered in time', async () => {
    const clock = new ManualClock()
    let told = false
    const onRequest: typeof echo = (_, connection) => {
      connection.begin().onClosed = () => void (told = true)
    }
    await using listener = await startListener({ clock, onRequest })
    using busy = await Client.open(listener.port)
    using idle = await Client.open(listener.port)
    busy.send(bytes('a'))
    await until(() => listener.metrics.requests === 1, 'a request')
    const closing = listener.close({ drainMs: 5_000 })
    await idle.closed()
    await clock.advance(5_000)
    await busy.closed()
    expect(await closing).toEqual({ drained: 1, destroyed: 1 })
    expect(told).toBe(true)
    expect(clock.pending).toBe(0)
  })

  test('frees the port', async () => {
    const listener = await startListener()
    using client = await Client.open(listener.port)
    const { port } = listener
    await listener.close({ drainMs: 1_000 })
    await client.closed()
    const server = createServer()
    await new Promise<void>((resolve) => void server.listen(port, '127.0.0.1', resolve))
    server.close()
  })
})
