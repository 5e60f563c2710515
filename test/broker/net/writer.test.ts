import { describe, expect, test } from 'vitest'
import type { Answer } from '../../../broker/net/answer.ts'
import type { Connection } from '../../../broker/net/connection.ts'
import type { FileSlice, Part } from '../../../broker/protocol/schema/fields.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { Client, distinct, framed, startListener, type TestListener, until } from './support.ts'

/** A file in memory that says how much of it was asked for, and is read in another turn. */
function fileOf(content: Buffer) {
  const reads: number[] = []
  return {
    reads,
    async readLater(into: Uint8Array, position: number): Promise<number> {
      reads.push(into.byteLength)
      await new Promise((resolve) => void setImmediate(resolve))
      return content.copy(into, 0, position, position + into.byteLength)
    },
  }
}

function sliceOf(file: unknown, position: number, byteLength: number): FileSlice {
  return { file, position, byteLength }
}

function sizeOf(bytes: number): Buffer {
  const size = Buffer.alloc(4)
  size.writeInt32BE(bytes)
  return size
}

function answering(parts: (index: number) => Part[]) {
  let index = 0
  return (_: Uint8Array, connection: Connection) => connection.begin().send(parts(index++))
}

const ask = Buffer.from('ask')

describe('ranges of files', () => {
  test('are sent between what is in memory, in order, and read as the peer takes them', async () => {
    const content = distinct(1, 6_000_000)
    const file = fileOf(content)
    const head = distinct(2, 100)
    const between = distinct(3, 2_000_000)
    const parts = (index: number): Part[] =>
      index === 1
        ? framed(Buffer.from('small'))
        : [
            sizeOf(100 + 5_000_000 + 2_000_000 + 10),
            head,
            sliceOf(file, 500, 5_000_000),
            between,
            sliceOf(file, 5_999_990, 10),
          ]
    const whole = [head, content.subarray(500, 5_000_500), between, content.subarray(5_999_990)]
    await using listener = await startListener({ onRequest: answering(parts) })
    using client = await Client.open(listener.port)
    client.socket.pause()
    client.send(ask, ask, ask)
    await until(() => listener.metrics.requests === 3 && file.reads.length > 0, 'a piece')
    for (let i = 0; i < 200; i++) await new Promise((resolve) => void setImmediate(resolve))
    expect(file.reads.length).toBeLessThan(6) // the system takes a few megabytes for the peer
    expect(Math.max(...file.reads)).toBeLessThanOrEqual(2 ** 20)
    client.socket.resume()
    const expected = Buffer.concat(whole)
    expect(expected.equals((await client.frame()) as Buffer)).toBe(true)
    expect(await client.texts(1)).toEqual(['small'])
    expect(expected.equals((await client.frame()) as Buffer)).toBe(true)
    await until(() => listener.metrics.requestsInFlight === 0, 'all are done')
  })

  test('are right for many slow peers at once, who share the buffers', async () => {
    const content = distinct(1, 3_000_000)
    const parts = (index: number): Part[] => [
      sizeOf(1_500_000),
      sliceOf(fileOf(content), index * 1_000, 1_500_000),
    ]
    await using listener = await startListener({ onRequest: answering(parts) })
    const clients: Client[] = []
    for (let i = 0; i < 80; i++) {
      const client = await Client.open(listener.port)
      clients.push(client)
      client.socket.pause()
      client.send(ask)
      await until(() => listener.metrics.requests === i + 1, 'the request')
    }
    for (const [index, client] of clients.entries()) {
      client.socket.resume()
      const expected = content.subarray(index * 1_000, index * 1_000 + 1_500_000)
      expect(expected.equals((await client.frame()) as Buffer)).toBe(true)
      client.socket.destroy()
    }
  })

  test.each([
    ['is shorter than was announced', fileOf(distinct(1, 10)), 'has 10 bytes of a range of 100'],
    ['cannot be read', { readLater: () => Promise.reject(new Error('EIO: i/o error')) }, 'EIO'],
  ])('that %s ends the connection: its frame cannot be completed', async (_, file, message) => {
    const parts = (): Part[] => [sizeOf(100), sliceOf(file, 0, 100)]
    await using listener = await startListener({ onRequest: answering(parts) })
    using client = await Client.open(listener.port)
    client.send(ask)
    expect(await client.frame()).toBeUndefined()
    await until(() => listener.metrics.open === 0, 'it is gone')
    expect(listener.events).toMatchObject([
      { reason: 'FileReadFailed', message: expect.stringContaining(message) },
    ])
    expect(listener.fatal).toEqual([])
  })

  test('of a peer that leaves are given up', async () => {
    const file = fileOf(distinct(1, 3_000_000))
    const parts = (): Part[] => [sizeOf(50_000_000), sliceOf(file, 0, 50_000_000)]
    await using listener = await startListener({ onRequest: answering(parts) })
    using client = await Client.open(listener.port)
    client.send(ask)
    await until(() => file.reads.length > 0, 'a piece')
    client.socket.resetAndDestroy()
    await until(() => listener.metrics.open === 0, 'it is gone')
    expect(listener.metrics.receivedBytes).toBe(0)
    expect(listener.fatal).toEqual([])
  })
})

describe('a file that can be held', () => {
  /** As `fileOf`, and says how many hold it, and whether it was ever read by nobody who did. */
  function heldFile(content: Buffer) {
    const file = fileOf(content)
    const held = { holders: 0, holds: 0, readUnheld: false, reads: file.reads }
    return Object.assign(held, {
      hold(): void {
        held.holders += 1
        held.holds += 1
      },
      release: () => void (held.holders -= 1),
      readLater(into: Uint8Array, position: number): Promise<number> {
        held.readUnheld ||= held.holders === 0
        return file.readLater(into, position)
      },
    })
  }

  type Peer = { listener: TestListener; client: Client; file: ReturnType<typeof heldFile> }
  const long = 50_000_000

  test.each<[string, number, number, (peer: Peer) => void]>([
    ['all is sent', 3_000_000, 3_000_000, ({ client }) => client.socket.resume()],
    ['the peer leaves', long, long, ({ client }) => client.socket.resetAndDestroy()],
    ['the file cannot be read to its end', 2_000_000, long, ({ client }) => client.socket.resume()],
    [
      'the connection is closed',
      long,
      long,
      ({ listener }) => {
        for (const one of listener.connections) one.destroy('Destroyed', 'a test')
      },
    ],
    [
      'the listener drains',
      3_000_000,
      3_000_000,
      ({ listener, client }) => {
        void listener.close({ drainMs: 10_000 })
        client.socket.resume()
      },
    ],
    [
      'the listener has no time to drain',
      long,
      long,
      ({ listener }) => void listener.close({ drainMs: 0 }),
    ],
  ])('is held from the answer on, and released when %s', async (_, size, announced, end) => {
    const file = heldFile(distinct(1, size))
    const parts = (): Part[] => [
      sizeOf(announced),
      sliceOf(file, 0, 1_000),
      sliceOf(file, 1_000, announced - 1_000),
    ]
    await using listener = await startListener({ onRequest: answering(parts) })
    using client = await Client.open(listener.port)
    client.socket.pause()
    client.send(ask, ask) // the second answer waits behind the first
    await until(() => file.holds === 4 && file.reads.length > 1, 'a piece')
    expect(file.holders).toBe(4)
    end({ listener, client, file })
    await until(() => file.holders === 0, 'released')
    await until(() => listener.metrics.requestsInFlight === 0, 'all are done')
    expect(file).toMatchObject({ holders: 0, holds: 4, readUnheld: false })
    expect(listener.fatal).toEqual([])
  })

  test('is not held for who left before it was answered', async () => {
    const file = heldFile(distinct(1, 100))
    const asked: Answer[] = []
    const onRequest = (_: Uint8Array, connection: Connection) => void asked.push(connection.begin())
    await using listener = await startListener({ onRequest })
    using client = await Client.open(listener.port)
    client.send(ask)
    await until(() => asked.length === 1, 'the request')
    client.socket.resetAndDestroy()
    await until(() => listener.metrics.open === 0, 'it is gone')
    asked[0]?.send([sizeOf(100), sliceOf(file, 0, 100)])
    expect(file.holders).toBe(0)
  })
})

describe('a peer that does not read', () => {
  const answer = distinct(1, 1_000_000)

  test('is not read either, and gets everything once it reads again', async () => {
    await using listener = await startListener({ onRequest: answering(() => framed(answer)) })
    using client = await Client.open(listener.port)
    client.socket.pause()
    for (let i = 0; i < 200; i++) {
      client.send(ask)
      await new Promise((resolve) => void setImmediate(resolve))
    }
    await until(() => listener.metrics.requestsInFlight > 0, 'one that is not taken')
    expect(listener.metrics.requests).toBeLessThan(30) // the system takes a few megabytes for it
    client.socket.resume()
    for (let i = 0; i < 200; i++) expect(answer.equals((await client.frame()) as Buffer)).toBe(true)
  })

  test('is closed when too much waits for it', async () => {
    const asked: Answer[] = []
    const onRequest = (_: Uint8Array, connection: Connection) => void asked.push(connection.begin())
    await using listener = await startListener({
      limits: { maxUnwrittenBytes: 20_000_000 },
      onRequest,
    })
    using client = await Client.open(listener.port)
    client.socket.pause()
    client.send(...Array.from({ length: 100 }, () => ask))
    await until(() => asked.length === 100, 'all requests')
    for (const one of asked) one.send(framed(answer))
    await until(() => listener.metrics.open === 0, 'it is closed')
    expect(listener.metrics.closed.get('SlowPeer')).toBe(1)
    expect(listener.metrics).toMatchObject({ receivedBytes: 0, requestsInFlight: 0 })
  })

  test('but not because one answer alone is larger than that', async () => {
    const limits = { maxUnwrittenBytes: 10_000, pauseUnwrittenBytes: 10_000 }
    await using listener = await startListener({
      limits,
      onRequest: answering(() => framed(answer)),
    })
    using client = await Client.open(listener.port)
    client.send(ask)
    expect(answer.equals((await client.frame()) as Buffer)).toBe(true)
  })

  test('is closed as idle when nothing moves for long', async () => {
    const clock = new ManualClock()
    const limits = { maxIdleMs: 10_000, maxUnwrittenBytes: 2 ** 30 }
    const onRequest = answering(() => [sizeOf(100_000_000), Buffer.alloc(100_000_000)])
    await using listener = await startListener({ clock, limits, onRequest })
    using client = await Client.open(listener.port)
    client.socket.pause()
    client.send(ask)
    await until(() => listener.metrics.requests === 1, 'the request')
    let before = -1
    while (before !== listener.metrics.bytesOut) {
      before = listener.metrics.bytesOut
      for (let i = 0; i < 200; i++) await new Promise((resolve) => void setImmediate(resolve))
    }
    await clock.advance(11_000)
    await until(() => listener.metrics.open === 0, 'it is closed')
    expect(listener.metrics.closed.get('Idle')).toBe(1)
  })
})

test('answers that are ready in one turn leave together', async () => {
  const ready: (() => void)[] = []
  const onRequest = (frame: Uint8Array, connection: Connection) => {
    const answer = connection.begin()
    ready.push(() => answer.send(framed(frame)))
  }
  await using listener = await startListener({ onRequest })
  using client = await Client.open(listener.port)
  let chunks = 0
  client.socket.on('data', () => void (chunks += 1))
  client.send(...Array.from({ length: 100 }, (_, index) => Buffer.from(`${index}`)))
  await until(() => ready.length === 100, 'all requests')
  for (const send of ready) send()
  expect((await client.texts(100)).at(-1)).toBe('99')
  expect(chunks).toBe(1)
})
