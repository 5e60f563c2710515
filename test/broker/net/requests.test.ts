import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Answer } from '../../../broker/net/answer.ts'
import type { Connection } from '../../../broker/net/connection.ts'
import { ProtocolError } from '../../../broker/protocol/protocol-error.ts'
import { Client, framed, startListener, until } from './support.ts'

const bytes = (text: string) => Buffer.from(text)

/** Keeps each answer until the test gives it. */
function keeper() {
  const asked: { text: string; answer: Answer }[] = []
  return {
    asked,
    onRequest: (frame: Uint8Array, connection: Connection) => {
      asked.push({ text: Buffer.from(frame).toString(), answer: connection.begin() })
    },
    echo: (index: number) => {
      const { text, answer } = asked[index] as { text: string; answer: Answer }
      answer.send(framed(bytes(text)))
    },
  }
}

describe.each(['in-place', 'chunks'] as const)('answers leave in order, %s', (readMode) => {
  test('whatever the order they are ready in', async () => {
    const orders = fc.integer({ min: 1, max: 40 }).chain((count) => {
      const indexes = Array.from({ length: count }, (_, index) => index)
      return fc.shuffledSubarray(indexes, { minLength: count })
    })
    // Each is answered, or not (acks=0); at once, or in another turn.
    const kinds = fc.array(fc.record({ none: fc.boolean(), wait: fc.boolean() }), {
      minLength: 40,
      maxLength: 40,
    })
    const property = fc.asyncProperty(orders, kinds, async (order, kind) => {
      const { asked, echo, onRequest } = keeper()
      await using own = await startListener({ readMode, onRequest })
      using client = await Client.open(own.port)
      client.send(...order.map((_, index) => bytes(`request ${index}`)))
      await until(() => asked.length === order.length, 'all requests')
      for (const index of order) {
        if (kind[index]?.none) asked[index]?.answer.none()
        else echo(index)
        if (kind[index]?.wait) await new Promise((resolve) => void setImmediate(resolve))
      }
      const expected = asked.map(({ text }) => text).filter((_, index) => !kind[index]?.none)
      expect(await client.texts(expected.length)).toEqual(expected)
      await until(() => own.metrics.requestsInFlight === 0, 'all are done')
      expect(own.metrics.receivedBytes).toBe(0)
    })
    await fc.assert(property, { seed: 1, numRuns: 60 })
  })

  test('also before a connection is closed for what came after', async () => {
    const { asked, echo, onRequest } = keeper()
    const refusing: typeof onRequest = (frame, connection) => {
      if (frame.byteLength === 3) throw new ProtocolError('UnknownApi', 'no such API')
      onRequest(frame, connection)
    }
    await using own = await startListener({ readMode, onRequest: refusing })
    using client = await Client.open(own.port)
    client.send(bytes('owed'), bytes('bad'), bytes('never seen'))
    await until(() => asked.length === 1, 'the first')
    echo(0)
    expect(await client.texts(1)).toEqual(['owed'])
    await client.closed()
    expect(asked).toHaveLength(1)
    await until(() => own.events.length > 0, 'told')
    expect(own.events).toMatchObject([{ reason: 'UnknownApi', message: 'no such API' }])
  })

  test('when a thousand requests wait behind a slow first one', async () => {
    const { asked, echo, onRequest } = keeper()
    const answering: typeof onRequest = (frame, connection) => {
      onRequest(frame, connection)
      if (asked.length > 1) echo(asked.length - 1)
    }
    const limits = { maxInFlightRequests: 100 }
    await using listener = await startListener({ readMode, onRequest: answering, limits })
    using client = await Client.open(listener.port)
    const texts = Array.from({ length: 1_001 }, (_, index) => `request ${index}`)
    client.send(...texts.map(bytes))
    await until(() => asked.length === 100, 'as many as there are places')
    await new Promise((resolve) => void setImmediate(resolve))
    expect(asked.length).toBe(100)
    echo(0)
    expect(await client.texts(texts.length)).toEqual(texts)
    expect(asked.map(({ text }) => text)).toEqual(texts)
  })
})

describe('bounds of one connection', () => {
  test('it is not read beyond its bytes in flight, and goes on when they are answered', async () => {
    const { asked, echo, onRequest } = keeper()
    const limits = { maxInFlightBytes: 100_000 }
    await using listener = await startListener({ onRequest, limits })
    using client = await Client.open(listener.port)
    for (let i = 0; i < 60; i++) client.send(Buffer.alloc(100_000, 65 + i))
    await until(() => asked.length > 0, 'a request')
    const read = listener.metrics.bytesIn
    for (let i = 0; i < 20; i++) await new Promise((resolve) => void setImmediate(resolve))
    expect(listener.metrics.bytesIn).toBe(read)
    expect(read).toBeLessThan(2_000_000) // one read more than the bound: a slab
    let answered = 0
    while (answered < 60) {
      await until(() => asked.length > answered, 'the next')
      echo(answered++)
      await client.frame()
    }
    expect(asked.map(({ text }) => text.charCodeAt(0) - 65)).toEqual(
      Array.from({ length: 60 }, (_, index) => index),
    )
  })
})

describe('answers that are none', () => {
  test('acks=0 is answered by nothing, and what follows by its answer', async () => {
    const onRequest = (frame: Uint8Array, connection: Connection) => {
      const answer = connection.begin()
      if (frame[0] === 48) answer.none()
      else answer.send(framed(frame))
    }
    await using listener = await startListener({ onRequest, limits: { maxInFlightRequests: 10 } })
    using client = await Client.open(listener.port)
    client.send(...Array.from({ length: 5_000 }, () => bytes('0')), bytes('end'))
    expect(await client.texts(1)).toEqual(['end'])
    await until(() => listener.metrics.requestsInFlight === 0, 'all are done')
    expect(listener.metrics.requests).toBe(5_001)
  })

  test('a handler that closes the connection sees nothing more of it', async () => {
    const seen: string[] = []
    let first: Answer | undefined
    const onRequest = (frame: Uint8Array, connection: Connection) => {
      const text = Buffer.from(frame).toString()
      seen.push(text)
      const answer = connection.begin()
      if (text === 'first') first = answer
      else answer.close('NotAuthenticated')
    }
    await using listener = await startListener({ onRequest })
    using client = await Client.open(listener.port)
    client.send(bytes('first'), bytes('impostor'), bytes('delete everything'))
    await until(() => seen.length === 2, 'two requests')
    first?.send(framed(bytes('1')))
    expect(await client.texts(2)).toEqual(['1', undefined])
    await until(() => listener.metrics.open === 0, 'it is gone')
    expect(seen).toEqual(['first', 'impostor'])
    expect(listener.events).toMatchObject([{ reason: 'NotAuthenticated' }])
    expect(listener.metrics.receivedBytes).toBe(0)
  })

  test('an answer to a connection that is gone is void, and one more is a mistake', async () => {
    const { asked, echo, onRequest } = keeper()
    await using listener = await startListener({ onRequest })
    using client = await Client.open(listener.port)
    client.send(bytes('x'))
    await until(() => asked.length === 1, 'the request')
    client.socket.resetAndDestroy()
    await until(() => listener.metrics.open === 0, 'it is gone')
    echo(0)
    expect(() => echo(0)).toThrow('a request is answered once')
    expect(listener.fatal).toEqual([])
  })
})

describe('a peer that has ended its side', () => {
  test('is answered what it asked before', async () => {
    const { asked, echo, onRequest } = keeper()
    await using listener = await startListener({ onRequest })
    using client = await Client.open(listener.port)
    client.send(bytes('a'), bytes('b'))
    client.socket.end()
    await until(() => asked.length === 2, 'two requests')
    echo(1)
    echo(0)
    expect(await client.texts(3)).toEqual(['a', 'b', undefined])
    await until(() => listener.metrics.open === 0, 'it is gone')
    expect(listener.metrics.closed.get('Ended')).toBe(1)
  })

  test('is not waited for: who would be answered late is told', async () => {
    let told = false
    const onRequest = (_: Uint8Array, connection: Connection) => {
      connection.begin().onClosed = () => void (told = true)
    }
    await using listener = await startListener({ onRequest, limits: { lingerMs: 20 } })
    using client = await Client.open(listener.port)
    client.send(bytes('a'))
    client.socket.end()
    await client.closed()
    await until(() => listener.metrics.open === 0, 'it is gone')
    expect(told).toBe(true)
    expect(listener.metrics.closed.get('Ended')).toBe(1)
  })

  test('and in the middle of a frame leaves nothing behind', async () => {
    await using listener = await startListener()
    using client = await Client.open(listener.port)
    client.socket.end(Buffer.from([0, 0, 1, 0, 1, 2, 3]))
    await client.closed()
    await until(() => listener.metrics.open === 0, 'it is gone')
    expect(listener.metrics.receivedBytes).toBe(0)
  })
})

test('how long each request took is told with its frame, whatever the order of answers', async () => {
  const answered: { text: string; elapsedMs: number }[] = []
  let hold: (() => void) | undefined
  await using listener = await startListener({
    onAnswered: (frame, elapsedMs) =>
      void answered.push({ text: Buffer.from(frame).toString(), elapsedMs }),
    onRequest(frame, connection) {
      const answer = connection.begin()
      if (frame.byteLength > 1) hold = () => answer.send(framed(frame))
      else answer.send(framed(frame))
    },
  })
  using client = await Client.open(listener.port)
  client.send(Buffer.from('slow'), Buffer.from('q'))
  await until(() => hold !== undefined, 'both came')
  expect(answered).toEqual([])
  hold?.()
  await client.texts(2)
  expect(answered.map(({ text }) => text)).toEqual(['slow', 'q'])
  expect(answered.every(({ elapsedMs }) => elapsedMs >= 0)).toBe(true)
})
