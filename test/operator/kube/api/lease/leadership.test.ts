import { expect, test } from 'vitest'
import type { Clock } from '../../../../../lib/clock.ts'
import { silentLogger } from '../../../../../lib/logger.ts'
import { Leadership } from '../../../../../operator/kube/api/lease/leadership.ts'
import { leaseTimes } from '../../../../../operator/kube/api/lease/lease-state.ts'
import { ManualClock } from '../../../../support/manual-clock.ts'
import { seeded } from '../../../../support/mutate.ts'
import { FakeLease } from './fake-lease.ts'

const seeds = Array.from({ length: Number(process.env['SEEDS'] ?? 60) }, (_, at) => at + 1)

test('the first one holds the Lease and renews it every 2 s; a standby asks nothing', async () => {
  const { lease, clock, candidate } = setUp()
  await using first = await candidate('first')
  await using second = await candidate('second')
  expect(first.leadership.role).toBe('holder')
  expect(second.leadership.holder).toBe('first')
  expect(lease.lease?.spec).toMatchObject({
    holderIdentity: 'first',
    leaseDurationSeconds: 4,
    leaseTransitions: 0,
    renewTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
  })
  await clock.advance(12_000)
  expect(lease.asked).toEqual(['first create', ...Array(6).fill('first write')])
  expect(second.leadership.role).toBe('standby')
})

test('a holder that stops lets go, and a standby takes over without waiting', async () => {
  const { lease, clock, candidate } = setUp()
  const first = await candidate('first')
  await using second = await candidate('second')
  await first[Symbol.asyncDispose]()
  await clock.advance(0)
  expect(first.roles).toEqual(['holder', 'standby'])
  expect(second.leadership.role).toBe('holder')
  expect(lease.lease?.spec).toMatchObject({ leaseTransitions: 1 })
})

test('one that is stopping is no holder any more, though its Lease is not yet let go of', async () => {
  const { lease, clock, candidate } = setUp()
  await using first = await candidate('first')
  first.way.fault = () => ({ type: 'none', lateMs: 100 })
  first.leadership.stop()
  expect(first.leadership.role).toBe('standby')
  expect(lease.lease?.spec?.holderIdentity).toBe('first')
  await clock.advance(0)
  await clock.advance(100)
  expect(lease.lease?.spec?.holderIdentity).toBe('')
})

test('who gives way lets go at once, and another takes over', async () => {
  const { clock, candidate } = setUp()
  await using first = await candidate('first')
  await using second = await candidate('second')
  const given = first.leadership.giveWay(10_000)
  await clock.advance(0)
  await given
  await clock.advance(0)
  expect(first.roles).toEqual(['holder', 'standby'])
  expect(second.leadership.role).toBe('holder')
  await clock.advance(20_000)
  expect(second.leadership.role).toBe('holder')
})

test('who gave way takes it again after a while, where nobody else wants it', async () => {
  const { lease, clock, candidate } = setUp()
  await using first = await candidate('first')
  const given = first.leadership.giveWay(10_000)
  await clock.advance(0)
  await given
  await clock.advance(9_900)
  expect(first.leadership.role).toBe('standby')
  expect(lease.lease?.spec?.holderIdentity).toBe('')
  await clock.advance(200)
  expect(first.leadership.role).toBe('holder')
})

test('who stops while a renewal is under way lets go all the same', async () => {
  const { lease, clock, candidate } = setUp()
  await using first = await candidate('first')
  first.way.fault = () => ({ type: 'answer-lost', lateMs: 100 })
  await clock.advance(2_010)
  first.leadership.stop()
  first.way.fault = () => ({ type: 'none', lateMs: 0 })
  await clock.advance(1_000)
  expect(lease.lease?.spec?.holderIdentity).toBe('')
})

test('one that is cut off stops acting before it is followed, and sees that when it is back', async () => {
  const { clock, candidate } = setUp()
  await using first = await candidate('first')
  await using second = await candidate('second')
  first.way.cut()
  await clock.advance(3_490)
  expect([first.leadership.role, second.leadership.role]).toEqual(['holder', 'standby'])
  await clock.advance(10)
  expect([first.leadership.role, second.leadership.role]).toEqual(['uncertain', 'standby'])
  // It was told while a request was still under way.
  expect(first.roles).toEqual(['holder', 'uncertain'])
  await clock.advance(500)
  expect([first.leadership.role, second.leadership.role]).toEqual(['uncertain', 'holder'])

  first.way.mend()
  expect([first.leadership.role, first.leadership.holder]).toEqual(['standby', 'second'])
  expect(first.roles).toEqual(['holder', 'uncertain', 'standby'])
})

test('with the API server away for all nobody acts, and the holder goes on when it is back', async () => {
  const { lease, clock, candidate } = setUp()
  await using first = await candidate('first')
  await using second = await candidate('second')
  for (const { way } of [first, second]) way.cut()
  await clock.advance(60_000)
  expect([first.leadership.role, second.leadership.role]).toEqual(['uncertain', 'standby'])
  first.way.mend()
  await clock.advance(1_500)
  expect(first.leadership.role).toBe('holder')
  expect(lease.lease?.spec).toMatchObject({ leaseTransitions: 0 })
})

test.each(['lost', 'answer-lost'] as const)(
  'one renewal that is %s, which shows after a second, does not end the role',
  async (type) => {
    const { clock, candidate } = setUp()
    await using first = await candidate('first')
    let left = 1
    first.way.fault = () => {
      return left-- > 0 ? { type, lateMs: 1_000 } : { type: 'none', lateMs: 20 }
    }
    await clock.advance(20_000)
    expect(left).toBeLessThan(-5)
    expect(first.roles).toEqual(['holder'])
  },
)

test('the Lease of a holder that is said to be dead need not be waited for', async () => {
  const { lease, clock, candidate } = setUp()
  lease.put({ holderIdentity: 'gone', leaseDurationSeconds: 4 })
  await using second = await candidate('second')
  expect(second.leadership.holder).toBe('gone')
  second.leadership.holderIsDead('gone')
  await clock.advance(0)
  expect(second.leadership.role).toBe('holder')
})

test('a Lease that somebody deletes is made anew by its holder', async () => {
  const { lease, clock, candidate } = setUp()
  await using first = await candidate('first')
  await using second = await candidate('second')
  lease.put(undefined)
  await clock.advance(0)
  expect([first.leadership.role, second.leadership.role]).toEqual(['holder', 'standby'])
})

test('of many that want a Lease at once one gets it', async () => {
  const { clock, candidate } = setUp()
  await using stack = new AsyncDisposableStack()
  const all = []
  for (const name of ['a', 'b', 'c', 'd', 'e']) {
    all.push(stack.use(await candidate(name, { lateMs: 10 })))
  }
  await clock.advance(1_000)
  const holders = all.filter(({ leadership }) => leadership.role === 'holder')
  expect(holders).toHaveLength(1)
  expect(new Set(all.map(({ leadership }) => leadership.holder)).size).toBe(1)
})

test('what is our own mistake ends it, and its owner is told', async () => {
  const { lease, clock } = setUp()
  const way = lease.way('first', clock)
  const leadership = new Leadership({
    ...parts(clock, 1),
    identity: 'first',
    requests: way,
    changed: () => {
      throw new Error('our own mistake')
    },
  })
  await expect(leadership.run()).rejects.toThrow('our own mistake')
  expect(leadership.role).toBe('standby')
})

/**
 * Requests that are lost, whose answers are lost or come late, ways that are cut and mended, and clocks
 * that go up to 2 % fast or slow: never do two act at once, and in the end one does.
 */
test('no two hold the Lease at once, whatever happens on the way', {
  timeout: 60_000,
}, async () => {
  let [held, takeovers] = [0, 0]
  for (const seed of seeds) {
    const below = seeded(seed)
    const { lease, clock, candidate } = setUp(seed)
    await using stack = new AsyncDisposableStack()
    const all = []
    for (const name of ['a', 'b', 'c']) {
      const own = { rate: 0.98 + below(41) / 1_000 }
      all.push(stack.use(await candidate(name, own)))
    }
    for (let step = 0; step < 300; step++) {
      const { way } = all[below(3)] as Candidate
      if (below(20) === 0) way.cut()
      else if (below(8) === 0) way.mend()
      else if (below(4) === 0) {
        const [lost, late] = [below(3), 2 + below(900)]
        const type = lost === 0 ? 'lost' : lost === 1 ? 'answer-lost' : 'none'
        way.fault = () => ({ type, lateMs: late })
      }
      await clock.advance(below(400))
      const holders = all.filter(({ leadership }) => leadership.role === 'holder')
      expect(holders.length, `seed ${seed}, step ${step}`).toBeLessThan(2)
      held += holders.length
    }
    for (const { way } of all) way.mend()
    await clock.advance(6_000)
    expect(all.filter(({ leadership }) => leadership.role === 'holder')).toHaveLength(1)
    takeovers += lease.lease?.spec?.leaseTransitions ?? 0
  }
  // It was worth the try.
  expect(held).toBeGreaterThan(seeds.length * 100)
  expect(takeovers).toBeGreaterThan(seeds.length)
})

type Candidate = Awaited<ReturnType<ReturnType<typeof setUp>['candidate']>>

function setUp(seed = 1) {
  const clock = new ManualClock()
  const lease = new FakeLease()
  const candidate = async (name: string, { rate = 1, lateMs = 0 } = {}) => {
    const roles: string[] = []
    const own = rate === 1 ? clock : atRate(clock, rate)
    const way = lease.way(name, own)
    way.fault = () => ({ type: 'none', lateMs })
    const leadership = new Leadership({
      ...parts(own, seed),
      identity: name,
      requests: way,
      changed: (role) => roles.push(role),
    })
    const running = leadership.run()
    await clock.advance(0)
    const dispose = async () => {
      way.mend()
      leadership.stop()
      // What is under way has an end.
      await clock.advance(2_000)
      await running
    }
    return { name, way, leadership, roles, [Symbol.asyncDispose]: dispose }
  }
  return { clock, lease, candidate }
}

function parts(clock: Clock, seed: number) {
  const random = { below: seeded(seed), bytes: () => new Uint8Array(0) }
  return { times: leaseTimes, clock, random, logger: silentLogger }
}

/** A clock that goes faster or slower than another. */
function atRate(clock: ManualClock, rate: number): Clock {
  return {
    nowMs: () => clock.nowMs(),
    monotonicMs: () => clock.monotonicMs() * rate,
    timer: (delayMs, callback) => clock.timer(delayMs / rate, callback),
    turn: () => clock.turn(),
  }
}
