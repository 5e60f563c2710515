import { expect, test } from 'vitest'
import { NetworkError } from '../../../broker/net/network-error.ts'
import { drive } from './drive.ts'
import type { FaultPlan } from './fault-plan.ts'
import { Faults } from './faults.ts'
import { Incarnation } from './incarnation.ts'
import { Network } from './network.ts'
import type { Connection, Serve, Transport } from './transport.ts'
import { World } from './world.ts'

const to = { host: 'b', port: 9092 }

/** What two nodes saw, with its times. */
class Pair {
  readonly world: World
  readonly faults: Faults
  readonly network: Network
  readonly a: Incarnation
  readonly b: Incarnation
  readonly dialler: Transport
  readonly seen: string[] = []

  constructor({ seed = 1, rates = {} }: { seed?: number; rates?: FaultPlan['rates'] } = {}) {
    this.world = new World(seed)
    this.faults = new Faults(this.world, { seed, rates, lengthMs: 60_000, operations: [] })
    this.network = new Network(this.world, { faults: this.faults, mostDelayMs: 1 })
    this.a = new Incarnation(this.world, { host: 'a', life: 1 })
    this.b = new Incarnation(this.world, { host: 'b', life: 1 })
    this.dialler = this.network.transportOf(this.a)
  }

  /** In whole milliseconds, so that a little more or less on the way does not matter. */
  see(what: string): void {
    this.seen.push(`${Math.round(this.world.nowMs / 10) * 10} ${what}`)
  }

  listen(serve: Serve, node = this.b): void {
    const transport = this.network.transportOf(node)
    node.start(() => void transport.listen(to.port, serve))
  }

  /** Says what became of the connection, and of what is done with it. */
  dial(use: (connection: Connection) => Promise<unknown> = async () => {}): void {
    this.a.start(async () => {
      try {
        const connection = await this.dialler.connect(to)
        void connection.closed.then((reason) => this.see(`closed ${reason.code}`))
        await use(connection)
      } catch (error) {
        if (!(error instanceof NetworkError)) throw error
        this.see(`threw ${error.code}`)
      }
    })
  }

  ask(body: unknown = 'x'): void {
    this.dial(async (connection) =>
      this.see(`answer ${String(await connection.request('Ask', body))}`),
    )
  }

  at(atMs: number, run: () => void): void {
    this.world.at(atMs, 'test', run)
  }

  async run(untilMs = 60_000): Promise<string[]> {
    expect(await drive(this.world, untilMs)).toBeUndefined()
    return this.seen
  }
}

test('a request is answered, however long that takes', async () => {
  const pair = new Pair()
  pair.listen(async ({ name, body }) => {
    await new Promise<void>((resolve) => void pair.b.clock.timer(50, resolve))
    return `${name} ${String(body)}`
  })
  pair.ask('you')
  expect(await pair.run(100)).toEqual(['50 answer Ask you'])
})

test('answers come in the order of the requests, whichever is ready first', async () => {
  const pair = new Pair()
  pair.listen(async ({ body }) => {
    await new Promise<void>((resolve) => void pair.b.clock.timer(body as number, resolve))
    return body
  })
  pair.dial(async (connection) => {
    const ask = async (waitMs: number) => pair.see(String(await connection.request('Wait', waitMs)))
    await Promise.all([ask(50), ask(10)])
    connection.close()
  })
  expect(await pair.run()).toEqual(['50 50', '50 10', '50 closed ECLOSED'])
})

test('nothing that is sent is shared', async () => {
  const pair = new Pair()
  const kept = {
    list: [1],
    bytes: Buffer.from('abc'),
    map: new Map([['a', { b: 1n }]]),
    none: null,
  }
  pair.listen(({ body }) => {
    const own = body as typeof kept
    expect(own).toEqual(kept)
    own.list.push(2)
    own.bytes.fill(0)
    own.map.clear()
    return own
  })
  pair.dial(async (connection) => {
    const answering = connection.request('Keep', kept)
    const answer = await answering
    expect(kept).toEqual({ ...kept, list: [1], bytes: Buffer.from('abc') })
    expect(kept.map.size).toBe(1)
    expect(answer).toMatchObject({ list: [1, 2] })
    await expect(connection.request('Keep', () => {})).rejects.toThrow('no wire carries a function')
    pair.see('done')
  })
  expect(await pair.run()).toEqual(['0 done'])
})

test('where nobody listens is refused; a machine that is gone says nothing', async () => {
  const pair = new Pair()
  pair.network.transportOf(pair.b)
  pair.ask()
  pair.at(100, () => pair.b.gate.crash({ isSilent: true }))
  pair.at(200, () => pair.ask())
  expect(await pair.run()).toEqual(['0 threw ECONNREFUSED', '10200 threw ETIMEDOUT'])
})

test('the connections of a process that dies break, and its peer hears of it', async () => {
  const pair = new Pair()
  pair.listen(() => new Promise(() => {}))
  pair.ask()
  pair.at(100, () => pair.b.gate.crash())
  expect(await pair.run()).toEqual(['100 closed ECONNRESET', '100 threw ECONNRESET'])
})

test('of a peer that is cut off nothing is heard until the cut is over', async () => {
  const pair = new Pair()
  pair.listen(() => new Promise(() => {}))
  pair.ask()
  pair.at(50, () => pair.network.cut('b', 'a'))
  pair.at(100, () => pair.b.gate.crash())
  pair.at(5_000, () => pair.network.heal('b', 'a'))
  const [closed] = await pair.run()
  expect(closed).toMatch(/^5[01]\d0 closed ECONNRESET$/)
})

test('a cut is of one direction: the request arrives, and its answer after the cut', async () => {
  const pair = new Pair()
  pair.listen(() => pair.see('served'))
  pair.dial(async (connection) => {
    pair.network.cut('b', 'a')
    await Promise.all([connection.request('Ask', 1), connection.request('Ask', 2)])
    pair.see('both')
  })
  pair.at(1_000, () => pair.network.heal('b', 'a'))
  const seen = await pair.run()
  expect(seen.slice(0, 2)).toEqual(['0 served', '0 served'])
  expect(seen.at(-1)).toMatch(/^1[0-2]\d0 both$/)
})

test('a machine that lost power is noticed by a timeout, or by its reset once it is back', async () => {
  const pair = new Pair()
  pair.listen(() => 'yes')
  const ask = (connection: Connection) => connection.request('Ask', 1, { timeoutMs: 500 })
  const connections: Connection[] = []
  for (let left = 2; left > 0; left--) {
    pair.dial(async (connection) => {
      connections.push(connection)
      return ask(connection)
    })
  }
  const again = (index: number) =>
    pair.a.start(async () => {
      await ask(connections[index] as Connection).catch(() => {})
    })
  pair.at(100, () => pair.b.gate.crash({ isSilent: true }))
  pair.at(200, () => again(0))
  pair.at(1_000, () =>
    pair.listen(() => 'yes', new Incarnation(pair.world, { host: 'b', life: 2 })),
  )
  pair.at(1_100, () => again(1))
  expect(await pair.run()).toEqual(['700 closed ETIMEDOUT', '1100 closed ECONNRESET'])
})

test('a paused process is connected to, and serves what came when it goes on', async () => {
  const pair = new Pair()
  pair.listen(() => 'at last')
  pair.at(10, () => pair.b.gate.pause())
  pair.at(100, () => {
    pair.dial(async (connection) => {
      pair.see('connected')
      pair.see(String(await connection.request('Ask', 1)))
    })
  })
  pair.at(3_000, () => pair.b.gate.resume())
  expect(await pair.run(5_000)).toEqual(['100 connected', '3000 at last'])
})

test('what a paused process was asked by who has gone away it does when it goes on', async () => {
  const pair = new Pair()
  pair.listen(async ({ connection }) => {
    pair.see('served')
    await connection.closed
    pair.see('and heard of the end')
  })
  pair.dial(async (connection) => {
    pair.b.gate.pause()
    pair.at(500, () => pair.a.gate.crash())
    await connection.request('Ask', 1)
  })
  pair.at(1_000, () => pair.b.gate.resume())
  expect(await pair.run()).toEqual(['1000 served', '1000 and heard of the end'])
})

test('a request may arrive long after its connection broke, and no other before it', async () => {
  const pair = new Pair({ rates: { late: 1 } })
  pair.listen(({ body }) => pair.see(`served ${String(body)}`))
  pair.ask('late')
  const seen = await pair.run()
  expect(seen).toHaveLength(3)
  expect(seen).toContain('0 threw ECONNRESET')
  expect(seen).toContain('0 closed ECONNRESET')
  expect(seen[2]).toMatch(/^[1-9]\d+ served late$/)
  expect(pair.faults.counts.get('late')).toEqual({ struck: 1, chances: 1 })
})

test('a connection may break with a request or an answer: then that was served or not', async () => {
  let [served, lost, answered] = [0, 0, 0]
  for (let seed = 1; seed <= 60; seed++) {
    const pair = new Pair({ seed, rates: { loss: 0.3 } })
    pair.listen(() => void served++)
    pair.ask()
    const seen = await pair.run()
    if (seen.includes('0 threw ECONNRESET')) lost++
    else answered++
  }
  expect(lost + answered).toBe(60)
  expect(lost).toBeGreaterThan(15)
  expect(served, 'some of what was lost was served').toBeGreaterThan(answered)
  expect(served, 'and some was not').toBeLessThan(60)
})

test('between two connections nothing is in order', async () => {
  const orders = new Set<string>()
  for (let seed = 1; seed <= 20; seed++) {
    const pair = new Pair({ seed })
    const served: string[] = []
    pair.listen(({ body }) => void served.push(String(body)))
    pair.ask('first')
    pair.ask('second')
    await pair.run()
    orders.add(served.join())
  }
  expect(orders.size).toBe(2)
})

test('two may not listen at one place, and the next life may', async () => {
  const pair = new Pair()
  const next = new Incarnation(pair.world, { host: 'b', life: 2 })
  pair.listen(() => 'first')
  pair.at(10, () => pair.b.gate.crash())
  pair.at(20, () => pair.listen(() => 'next', next))
  pair.at(30, () => pair.ask())
  expect(await pair.run(100)).toEqual(['30 answer next'])

  const other = new Pair()
  other.listen(() => 'first')
  other.listen(() => 'second', new Incarnation(other.world, { host: 'b', life: 2 }))
  expect(await drive(other.world, 10)).toMatchObject({ detail: 'Error: b:9092 is in use' })
})
