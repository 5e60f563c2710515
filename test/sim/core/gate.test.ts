import { expect, test } from 'vitest'
import { sleep, withDeadline } from '../../../lib/clock.ts'
import { drive } from './drive.ts'
import { Incarnation } from './incarnation.ts'
import { World } from './world.ts'

function oneNode(seed = 1) {
  const world = new World(seed)
  const node = new Incarnation(world, { host: 'a', life: 1 })
  return { world, node, seen: [] as string[] }
}

test('a dead node starts nothing, and nothing comes to it', async () => {
  const { world, node, seen } = oneNode()
  const call = () => node.gate.call(() => seen.push('started'))
  node.start(async () => {
    node.clock.timer(10, () => seen.push('timer'))
    const inFlight = node.gate.call(() => world.sleep(10, 'disk'))
    void inFlight.finally(() => seen.push('in flight'))
    await sleep(node.clock, 4)
    seen.push('alive')
    node.gate.crash()
    // Its code goes on to the next await.
    void node.gate.call(() => seen.push('started')).finally(() => seen.push('settled'))
    void node.clock.turn().finally(() => seen.push('turn'))
    node.clock.timer(1, () => seen.push('late timer'))
    node.gate.probe(() => seen.push('probe'))
    node.gate.enter(() => seen.push('delivery'))
    expect(call()).not.toBe(call())
    node.gate.sync(() => seen.push('sync')) // throws, since it cannot go on without a result
    seen.push('after sync')
  })
  expect(await drive(world, 100)).toBeUndefined()
  expect(seen).toEqual(['alive'])
})

test('what comes to a paused node comes when it goes on, each with all that follows', async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const { world, node, seen } = oneNode(seed)
    const follow = async (name: string) => {
      seen.push(name)
      await Promise.resolve()
      seen.push(`${name}.`)
    }
    node.start(() => void node.clock.timer(5, () => void follow('timer')))
    world.at(2, 'pause', () => node.gate.pause())
    world.at(3, 'packet', () => node.gate.enter(() => void follow('first')))
    world.at(4, 'packet', () => node.gate.enter(() => void follow('second')))
    // Of the same moment, and asked for before the rest is released: it does not overtake.
    world.at(9, 'resume', () => node.gate.resume())
    world.at(9, 'packet', () => node.gate.enter(() => void follow('third')))
    world.at(8, 'look', () => expect(seen).toEqual([]))
    expect(await drive(world, 100)).toBeUndefined()
    const packets = ['first', 'first.', 'second', 'second.']
    const timer = ['timer', 'timer.']
    expect([
      [...packets, ...timer, 'third', 'third.'],
      [...timer, ...packets, 'third', 'third.'],
    ]).toContainEqual(seen)
  }
})

test('a node that is paused once more goes on later', async () => {
  const { world, node, seen } = oneNode()
  world.at(1, 'pause', () => node.gate.pause())
  for (const name of ['first', 'second']) {
    world.at(2, 'packet', () => node.gate.enter(() => void seen.push(name)))
  }
  world.at(3, 'resume', () => node.gate.resume())
  world.at(3, 'pause', () => node.gate.pause())
  world.at(5, 'look', () => expect(seen).toEqual([]))
  world.at(6, 'resume', () => node.gate.resume())
  expect(await drive(world, 100)).toBeUndefined()
  expect(seen).toEqual(['first', 'second'])
})

test('a timer that was due in a pause can still be cancelled by what came before it', async () => {
  const { world, node, seen } = oneNode(2)
  node.start(() => {
    const timer = node.clock.timer(5, () => seen.push('timed out'))
    node.clock.timer(4, () => timer.cancel())
  })
  world.at(2, 'pause', () => node.gate.pause())
  world.at(9, 'resume', () => node.gate.resume())
  expect(await drive(world, 100)).toBeUndefined()
  expect(seen).toEqual([])
})

test('a crash at the n-th call lets the calls before it happen, and none after', async () => {
  for (let call = 1; call <= 4; call++) {
    const { world, node, seen } = oneNode()
    node.gate.crashAt(call)
    node.start(async () => {
      for (const name of ['1', '2', '3']) {
        await node.gate.call(() => void seen.push(name))
      }
    })
    expect(await drive(world, 100)).toBeUndefined()
    expect(seen).toEqual(['1', '2', '3'].slice(0, call - 1))
    expect(node.isAlive).toBe(call > 3)
  }
})

test('a call rejects with what it throws, now or later', async () => {
  const { world, node, seen } = oneNode()
  const throwing = (message: string) => (error: Error) => void seen.push(error.message + message)
  node.start(async () => {
    await node.gate.call(() => fail('now')).catch(throwing('!'))
    await node.gate.call(async () => fail(await Promise.resolve('later'))).catch(throwing('!'))
  })
  expect(await drive(world, 10)).toBeUndefined()
  expect(seen).toEqual(['now!', 'later!'])
})

test('what waits in product code waits on it', async () => {
  const { world, node, seen } = oneNode()
  node.start(async () => {
    await withDeadline(node.clock, 20, (signal) => sleep(node.clock, 1_000, signal))
    seen.push(`${world.nowMs}`)
    await withDeadline(node.clock, 20, () => sleep(node.clock, 5))
    seen.push(`${world.nowMs}`)
  })
  expect(await drive(world, 10_000)).toBeUndefined()
  expect(seen).toEqual(['20', '25'])
  expect(world.events, 'a start and two timers: others were cancelled').toBe(3)
})

test('the time of day may jump, the other goes on; each life has another', async () => {
  const { world, node } = oneNode()
  const next = new Incarnation(world, { host: 'a', life: 2 })
  const { clock } = node
  const before = { now: clock.nowMs(), monotonic: clock.monotonicMs() }
  world.at(10, 'jump', () => (clock.aheadMs = -5_000))
  await drive(world, 20)
  expect(clock.nowMs() - before.now).toBe(-4_980)
  expect(clock.monotonicMs() - before.monotonic).toBe(20)
  expect(next.clock.monotonicMs()).not.toBe(clock.monotonicMs())
})

test('who takes turns for ever does not stop the time', async () => {
  const { world, node } = oneNode()
  node.start(async () => {
    for (;;) await node.clock.turn()
  })
  expect(await drive(world, 10)).toBeUndefined()
  expect(world.events).toBe(81)
})

test('every part of every life has its own chance, the same for the same seed', () => {
  const draw = (seed: number, life: number, part: string) => {
    const node = new Incarnation(new World(seed), { host: 'a', life })
    const random = node.random(part)
    return [random.below(2 ** 32), ...random.bytes(4)].join()
  }
  expect(draw(1, 1, 'x')).toBe(draw(1, 1, 'x'))
  const others = [draw(1, 1, 'x'), draw(2, 1, 'x'), draw(1, 2, 'x'), draw(1, 1, 'y')]
  expect(new Set(others).size).toBe(4)
  const { node } = oneNode()
  const ids = Array.from({ length: 1_000 }, () => node.random('ids').bytes(16).join())
  expect(new Set(ids).size, 'in one moment too').toBe(1_000)
})

function fail(message: string): never {
  throw new Error(message)
}
