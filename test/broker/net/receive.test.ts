import { describe, expect, test } from 'vitest'
import type { Connection } from '../../../broker/net/connection.ts'
import { defaultNetLimits } from '../../../broker/net/limits.ts'
import { Slabs } from '../../../broker/net/slabs.ts'
import { realClock } from '../../../lib/clock.ts'
import { Client, distinct, framed, startListener, until } from './support.ts'

describe.each(['in-place', 'chunks'] as const)('frames, %s', (readMode) => {
  test('come whole wherever they are cut', async () => {
    await using listener = await startListener({ readMode })
    using client = await Client.open(listener.port)
    const frames = [distinct(1, 50), Buffer.alloc(0), distinct(2, 3), distinct(3, 70)]
    const wire = Buffer.concat(frames.flatMap(framed))
    for (let cut = 1; cut < wire.length; cut++) {
      const { bytesIn } = listener.metrics
      client.socket.write(wire.subarray(0, cut))
      await until(() => listener.metrics.bytesIn === bytesIn + cut, 'the first part')
      client.socket.write(wire.subarray(cut))
      for (const frame of frames) expect(await client.frame()).toEqual(frame)
    }
  })

  test('stay as they are for as long as somebody keeps them', async () => {
    const kept: Uint8Array[] = []
    const onRequest = (frame: Uint8Array, connection: Connection) => {
      kept.push(frame)
      connection.begin().none()
    }
    await using listener = await startListener({ readMode, onRequest })
    const sent = await sendFrames(listener.port)
    await until(() => kept.length === sent.length, 'all frames')
    expectSame(kept, sent)
  })

  test('whose memory is reused stay as they are until their answers are written', async () => {
    // All answers wait until everything is read, and then for a peer that reads slowly.
    const sent: Buffer[] = []
    const waiting: (() => void)[] = []
    const onRequest = (frame: Uint8Array, connection: Connection) => {
      const answer = connection.begin({ frameIsReusable: true })
      waiting.push(() => answer.send(framed(frame)))
      if (waiting.length % 3 === 0) for (const send of waiting.splice(0)) send()
    }
    await using listener = await startListener({ readMode, onRequest })
    using client = await Client.open(listener.port)
    for (let i = 0; i < 120; i++) {
      sent.push(distinct(i, sizes[i % sizes.length] as number))
      client.send(sent.at(-1) as Buffer)
      if (i % 5 === 0) client.socket.pause()
      if (i % 5 === 4) client.socket.resume()
    }
    client.socket.resume()
    for (const frame of sent) expect(frame.equals((await client.frame()) as Buffer)).toBe(true)
    await until(() => listener.metrics.receivedBytes === 0, 'all is given back')
  })
})

test('memory that is reused is not while somebody holds it', async () => {
  const slabs = new Slabs({ clock: realClock, ...defaultNetLimits })
  const held: Uint8Array[] = []
  const buffers = new Set<ArrayBufferLike>()
  let requests = 0
  const onRequest = (frame: Uint8Array, connection: Connection) => {
    requests += 1
    buffers.add(frame.buffer)
    if (frame.byteLength === 70_001) {
      slabs.hold(frame.buffer)
      held.push(frame)
    }
    connection.begin({ frameIsReusable: true }).none()
  }
  await using listener = await startListener({ onRequest, slabs })
  using client = await Client.open(listener.port)
  const sent: Buffer[] = []
  for (let i = 0; i < 600; i++) {
    const keep = i % 100 === 50
    const frame = distinct(i, keep ? 70_001 : 70_000)
    if (keep) sent.push(frame)
    client.send(frame)
    if (i % 20 === 19) await until(() => requests === i + 1, 'what was sent')
  }
  expectSame(held, sent)
  expect(buffers.size).toBeLessThan(20) // of 42 MB
  for (const { buffer } of held) slabs.release(buffer)
})

test('what came before bytes that are no request is not read over', async () => {
  const slabs = new Slabs({ clock: realClock, ...defaultNetLimits })
  const received: Uint8Array[] = []
  const onRequest = (frame: Uint8Array, connection: Connection) => {
    slabs.hold(frame.buffer) // as who serves others from it
    received.push(frame)
    connection.begin({ frameIsReusable: true }).none()
  }
  await using listener = await startListener({ onRequest, slabs })
  const sent = [distinct(1, 70_000), distinct(2, 70_000)]
  using broken = await Client.open(listener.port)
  const wire = Buffer.concat([...framed(sent[0] as Buffer), Buffer.from([0x80, 0, 0, 0])])
  broken.socket.write(wire.subarray(0, 20_000))
  await until(() => listener.metrics.bytesIn === 20_000, 'its beginning')
  broken.socket.write(wire.subarray(20_000))
  await until(() => listener.metrics.open === 0, 'it is closed')
  using other = await Client.open(listener.port)
  other.send(sent[1] as Buffer)
  await until(() => received.length === 2, 'what another sends')
  expectSame(received, sent)
})

describe('little is copied', () => {
  const onRequest = (_: Uint8Array, connection: Connection) => connection.begin().none()

  test('at most the 16 KB of the landing buffer of a frame that comes whole', async () => {
    await using listener = await startListener({ onRequest })
    using client = await Client.open(listener.port)
    for (let i = 0; i < 50; i++) {
      client.send(distinct(i, 1_000))
      await until(() => listener.metrics.requests === i + 1, 'the frame')
    }
    expect(listener.metrics.copiedBytes).toBe(50 * 1_004)
  })

  test('and of one that does not', async () => {
    await using listener = await startListener({ onRequest })
    using client = await Client.open(listener.port)
    for (let i = 0; i < 50; i++) {
      client.send(distinct(i, 100_000))
      await until(() => listener.metrics.requests === i + 1, 'the frame')
    }
    // One in ten begins near the end of a slab, and moves to the next.
    expect(listener.metrics.copiedBytes).toBeLessThanOrEqual(50 * 16_384 + 5 * 100_000)
  })

  test('and a seventh of one that is far larger', async () => {
    await using listener = await startListener({ onRequest })
    using client = await Client.open(listener.port)
    client.send(distinct(1, 20_000_000))
    await until(() => listener.metrics.requests === 1, 'the frame')
    expect(listener.metrics.copiedBytes).toBeLessThan(20_000_000 / 7 + 16_384)
  })
})

test('100 MB that are claimed and come slowly take memory only as they come', async () => {
  await using listener = await startListener()
  using client = await Client.open(listener.port)
  client.socket.write(Buffer.from([0x06, 0x40, 0, 0]))
  for (let sent = 4; sent < 300_000; ) {
    await until(() => listener.metrics.bytesIn === sent, 'what was sent')
    expect(listener.metrics.receivedBytes).toBeLessThanOrEqual(Math.max(65_536, sent * 9))
    client.socket.write(Buffer.alloc(5_000))
    sent += 5_000
  }
  client.socket.resetAndDestroy()
  await until(() => listener.metrics.open === 0, 'it is gone')
  expect(listener.metrics.receivedBytes).toBe(0)
})

const sizes = [10, 3_000, 16_380, 16_384, 20_000, 65_600, 300_000, 1_100_000]

/** Sends frames of all sizes, each with its own bytes, over several connections at once. */
async function sendFrames(port: number): Promise<Buffer[]> {
  const clients = await Promise.all(sizes.map(() => Client.open(port)))
  const sent: Buffer[] = []
  for (let round = 0; round < 12; round++) {
    for (const [index, client] of clients.entries()) {
      sent.push(distinct(sent.length, sizes[(index + round) % sizes.length] as number))
      client.send(sent.at(-1) as Buffer)
    }
    await new Promise((resolve) => void setImmediate(resolve))
  }
  for (const client of clients) client.socket.end()
  return sent
}

/** The same frames, in any order. */
function expectSame(frames: readonly Uint8Array[], sent: readonly Uint8Array[]): void {
  const sorted = (all: readonly Uint8Array[]) =>
    all.map((frame) => Buffer.from(frame)).sort((a, b) => a.compare(b))
  const expected = sorted(sent)
  expect(frames.length).toBe(expected.length)
  for (const [index, frame] of sorted(frames).entries()) {
    expect(frame.equals(expected[index] as Buffer)).toBe(true)
  }
}
