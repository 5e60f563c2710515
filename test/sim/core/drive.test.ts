import { expect, test } from 'vitest'
import { Crashed } from '../disk/errors.ts'
import { type DriveOptions, drive } from './drive.ts'
import { Violation } from './failure.ts'
import { World } from './world.ts'

const drivers: DriveOptions[] = [{ driver: 'ticks' }, { driver: 'immediates' }]

test.each(drivers)(
  'all that follows from an event is before the next: $driver',
  async (options) => {
    const world = new World(1)
    const seen: string[] = []
    const chain = async (name: string) => {
      for (let left = 20; left > 0; left--) await Promise.resolve()
      await new Promise<void>((resolve) => process.nextTick(resolve))
      await new Promise<void>((resolve) => queueMicrotask(resolve))
      seen.push(name)
    }
    for (const [delayMs, name] of [
      [2, 'c'],
      [1, 'a'],
      [1, 'b'],
    ] as const) {
      world.at(delayMs, name, () => void chain(name))
    }
    world.at(1, 'called off', () => seen.push('called off')).cancel()
    world.at(5, 'too late', () => seen.push('too late'))
    expect(await drive(world, 4, options)).toBeUndefined()
    expect(seen).toEqual(['a', 'b', 'c'])
    expect(world.nowMs).toBe(4)
    expect(world.trace.lines).toEqual(['1 a', '1 b', '2 c'])
  },
)

test('of a thousand events in any order none comes too early', async () => {
  const world = new World(1)
  const random = world.randomOf('times')
  const seen: number[] = []
  for (let left = 1_000; left > 0; left--) {
    const timer = world.at(random.below(500), 'event', () => seen.push(world.nowMs))
    if (random.below(4) === 0) timer.cancel()
  }
  await drive(world, Number.POSITIVE_INFINITY)
  expect(seen.length).toBeGreaterThan(600)
  expect(seen).toEqual(seen.toSorted((a, b) => a - b))
})

const mistakes: Record<string, { run: () => void; invariant: string }> = {
  'an exception': { run: () => fail('here'), invariant: 'Exception' },
  'an exception in a tick': {
    run: () => process.nextTick(() => fail('here')),
    invariant: 'Exception',
  },
  'an exception in a microtask': {
    run: () => queueMicrotask(() => fail('here')),
    invariant: 'Exception',
  },
  'a rejection that nobody handles': {
    run: () => void (async () => fail(await Promise.resolve('here')))(),
    invariant: 'UnhandledRejection',
  },
  'a violation that nobody handles': {
    run: () => void (async () => violate(await Promise.resolve('here')))(),
    invariant: 'Lost',
  },
  'a violation': { run: () => violate('here'), invariant: 'Lost' },
}

const cases = Object.entries(mistakes).flatMap(([name, mistake]) =>
  drivers.map((options) => ({ name, ...mistake, ...options })),
)

test.each(cases)('$name ends the run at once: $driver', async ({ run, invariant, ...options }) => {
  const before = process.rawListeners('unhandledRejection')
  const world = new World(1)
  world.at(3, 'mistake', run)
  world.at(3, 'next', () => world.fail('Next', 'it went on'))
  const failure = await drive(world, 10, options)
  expect(failure).toMatchObject({ invariant, atMs: 3 })
  expect(failure?.detail).toContain('here')
  expect(process.rawListeners('unhandledRejection')).toEqual(before)
})

test.each(drivers)('an invariant is looked at after all that follows: $driver', async (options) => {
  const world = new World(1)
  let value = 0
  const wander = async () => {
    value = -1
    await Promise.resolve()
    value = 1
  }
  world.always('Positive', () => (value < 0 ? `${value}` : undefined))
  world.at(1, 'for a moment', () => void wander())
  world.at(2, 'for good', () => (value = -2))
  world.at(3, 'next', () => (value = 0))
  expect(await drive(world, 10, options)).toMatchObject({ invariant: 'Positive', atMs: 2 })
  expect(world.trace.lines.at(-1)).toBe('2 Positive: -2')
})

test('what a dead node throws is nobody’s mistake', async () => {
  const world = new World(1)
  world.at(1, 'sync', () => {
    throw new Crashed()
  })
  world.at(2, 'wrapped', () => void Promise.reject(new Error('a log', { cause: new Crashed() })))
  expect(await drive(world, 10)).toBeUndefined()
})

test('a run in which the time does not go on any more ends', async () => {
  const world = new World(1, { maxEvents: 1_000 })
  const again = () => void world.at(0, 'again', again)
  world.at(3, 'again', again)
  expect(await drive(world, 10)).toMatchObject({ invariant: 'Endless', atMs: 3 })
})

test('one run at a time', async () => {
  const first = drive(new World(1), 1)
  await expect(drive(new World(2), 1)).rejects.toThrow('one run at a time')
  await first
})

function fail(message: string): never {
  throw new Error(message)
}

function violate(message: string): never {
  throw new Violation('Lost', message)
}
