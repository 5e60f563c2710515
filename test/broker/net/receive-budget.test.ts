import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Answer } from '../../../broker/net/answer.ts'
import type { Connection } from '../../../broker/net/connection.ts'
import { newNetMetrics } from '../../../broker/net/metrics.ts'
import { ReceiveBudget } from '../../../broker/net/receive-budget.ts'
import { Client, distinct, framed, startListener, until } from './support.ts'

describe('who waits for memory', () => {
  const buffer = (bytes: number) => new ArrayBuffer(bytes)

  function waiters(neededBytes: readonly number[]) {
    const served: number[] = []
    const all = neededBytes.map((needed, index) => ({
      midFrame: needed > 0,
      neededBytes: needed,
      granted: () => void served.push(index),
    }))
    return { served, all: all as [(typeof all)[0], ...typeof all] }
  }

  test('goes on in the order of coming', () => {
    const budget = new ReceiveBudget(100, newNetMetrics())
    const full = buffer(100)
    budget.hold(full)
    const { served, all } = waiters([0, 50, 0, 200, 0])
    expect(budget.ask({ midFrame: true, neededBytes: 1, granted() {} })).toBe(true) // the one beyond the bound
    for (const waiter of all) expect(budget.ask(waiter)).toBe(false)
    budget.release(full)
    expect(served).toEqual([0, 1, 2, 3, 4])
  })

  test('one frame may always go on beyond the bound, and only one', () => {
    const budget = new ReceiveBudget(100, newNetMetrics())
    budget.hold(buffer(100))
    const { served, all } = waiters([1_000, 1_000])
    const [first, second] = all
    expect(budget.ask(first)).toBe(true)
    expect(budget.ask(second as typeof first)).toBe(false)
    expect(budget.ask(first)).toBe(true) // the same frame grows
    const frame = new Uint8Array(1_000)
    budget.frameCame(first, frame)
    expect(budget.ask(first)).toBe(false) // the next one does not
    expect(served).toEqual([])
    budget.frameGone(frame)
    expect(served).toEqual([1])
    budget.leave(second as typeof first)
    expect(served).toEqual([1, 0])
  })

  test('a buffer counts once, however many frames lie in it', () => {
    const metrics = newNetMetrics()
    const budget = new ReceiveBudget(100, metrics)
    const shared = buffer(60)
    budget.hold(shared)
    budget.hold(shared)
    budget.release(shared)
    expect(metrics.receivedBytes).toBe(60)
    budget.release(shared)
    expect(metrics.receivedBytes).toBe(0)
  })
})

/** Answers with the size of a request, when the test says so. */
function slowHandler() {
  const waiting: (() => void)[] = []
  return {
    waiting,
    onRequest: (frame: Uint8Array, connection: Connection) => {
      const answer: Answer = connection.begin()
      const size = Buffer.alloc(4)
      size.writeInt32BE(frame.byteLength)
      waiting.push(() => answer.send(framed(size)))
    },
  }
}

describe.each(['in-place', 'chunks'] as const)('memory of all connections, %s', (readMode) => {
  test('is bounded', async () => {
    const { waiting, onRequest } = slowHandler()
    const limits = { maxReceivedBytes: 1_000_000 }
    await using listener = await startListener({ readMode, limits, onRequest })
    const clients = await Promise.all(Array.from({ length: 20 }, () => Client.open(listener.port)))
    for (const client of clients) for (let i = 0; i < 10; i++) client.send(distinct(i, 60_000))
    let most = 0
    await until(() => listener.metrics.memoryWaits > 0, 'the bound')
    for (let answered = 0; answered < 200; answered++) {
      await until(() => waiting.length > 0, 'a request')
      most = Math.max(most, listener.metrics.receivedBytes)
      waiting.shift()?.()
    }
    for (const client of clients) {
      for (let i = 0; i < 10; i++) expect((await client.frame())?.readInt32BE()).toBe(60_000)
    }
    // Beyond the bound: a read for each connection, the region in which a frame begins, one frame.
    const read = readMode === 'in-place' ? 16_384 : 65_536
    expect(most).toBeLessThan(1_000_000 + 20 * (read + 65_540) + 65_540)
    await until(() => listener.metrics.receivedBytes === 0, 'all is given back')
  })

  test('is for everybody: who sends little is not behind all of those who send much', async () => {
    const { waiting, onRequest } = slowHandler()
    const limits = { maxReceivedBytes: 500_000 }
    await using listener = await startListener({ readMode, limits, onRequest })
    const greedy = await Promise.all(Array.from({ length: 3 }, () => Client.open(listener.port)))
    for (const client of greedy) for (let i = 0; i < 100; i++) client.send(distinct(i, 60_000))
    await until(() => listener.metrics.memoryWaits > 0, 'the bound')
    using modest = await Client.open(listener.port)
    let answered = 0
    for (let i = 0; i < 5; i++) {
      modest.send(Buffer.from('little'))
      const frame = modest.frame()
      const state = { served: false }
      void frame.then(() => (state.served = true))
      await until(() => {
        if (waiting.length > 0) answered += 1
        waiting.shift()?.()
        return state.served
      }, 'the modest one is served')
      expect((await frame)?.readInt32BE()).toBe(6)
    }
    expect(answered).toBeLessThan(150) // of 300
    for (const client of greedy) client.socket.destroy()
  })

  test('that is smaller than a frame lets one frame on at a time', async () => {
    const { waiting, onRequest } = slowHandler()
    const limits = { maxReceivedBytes: 200_000 }
    await using listener = await startListener({ readMode, limits, onRequest })
    const clients = await Promise.all(Array.from({ length: 8 }, () => Client.open(listener.port)))
    for (const client of clients) client.send(distinct(1, 2_000_000))
    let most = 0
    for (let answered = 0; answered < 8; answered++) {
      await until(() => {
        most = Math.max(most, listener.metrics.receivedBytes)
        return waiting.length > 0
      }, 'the next')
      expect(waiting.length).toBe(1)
      waiting.shift()?.()
    }
    for (const client of clients) expect((await client.frame())?.readInt32BE()).toBe(2_000_000)
    // The one, what it moves from while it grows, and for the others the region in which their
    // frame began: up to 8 times what was read of it.
    const read = readMode === 'in-place' ? 16_384 : 65_536
    expect(most).toBeLessThan(200_000 + 2_300_000 + 8 * 9 * read)
    await until(() => listener.metrics.receivedBytes === 0, 'all is given back')
  })

  test('is given back by peers that leave, whatever they were doing', async () => {
    const { waiting, onRequest } = slowHandler()
    const limits = { maxReceivedBytes: 300_000 }
    await using listener = await startListener({ readMode, limits, onRequest })
    const actions = fc.array(
      fc.record({ size: fc.integer({ min: 0, max: 200_000 }), part: fc.float({ max: 1, min: 0 }) }),
      { minLength: 1, maxLength: 10 },
    )
    const property = fc.asyncProperty(actions, async (peers) => {
      const clients = await Promise.all(peers.map(() => Client.open(listener.port)))
      const { bytesIn } = listener.metrics
      for (const [index, { size, part }] of peers.entries()) {
        const wire = Buffer.concat(framed(Buffer.alloc(size)))
        const end = Math.max(1, Math.floor(wire.length * (Number.isNaN(part) ? 1 : part)))
        clients[index]?.socket.write(wire.subarray(0, end))
      }
      await until(() => listener.metrics.bytesIn > bytesIn, 'something')
      for (const client of clients) client.socket.resetAndDestroy()
      await until(() => listener.metrics.open === 0, 'all are gone')
      expect(listener.metrics).toMatchObject({ receivedBytes: 0, requestsInFlight: 0 })
      waiting.length = 0
    })
    await fc.assert(property, { seed: 1, numRuns: 40 })
    using client = await Client.open(listener.port)
    client.send(Buffer.from('still served'))
    await until(() => waiting.length > 0, 'the request')
    waiting.shift()?.()
    expect((await client.frame())?.readInt32BE()).toBe(12)
  })
})
