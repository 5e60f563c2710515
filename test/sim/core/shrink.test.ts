import { expect, test } from 'vitest'
import { drive } from './drive.ts'
import type { Failure } from './failure.ts'
import { type FaultPlan, planOf } from './fault-plan.ts'
import { Faults } from './faults.ts'
import { shrink } from './shrink.ts'
import { World } from './world.ts'

const bounds = {
  lengthMs: 1_000,
  rates: { delay: 0.2, loss: 0.1 },
  operations: {
    crash: { upTo: 4, on: [['a'], ['b']], lengthMs: 100 },
    pause: { upTo: 4, on: [['a'], ['b']], lengthMs: 100 },
  },
}

test('the plan of a seed is always the same, and a kind that is taken out shifts no other', () => {
  const { crash } = bounds.operations
  let plans = new Set<string>()
  for (let seed = 1; seed <= 50; seed++) {
    const plan = planOf(seed, bounds)
    expect(planOf(seed, bounds)).toEqual(plan)
    const less = planOf(seed, { ...bounds, rates: { loss: 0.1 }, operations: { crash } })
    expect(less.rates['loss']).toBe(plan.rates['loss'])
    expect(less.operations).toEqual(plan.operations.filter(({ kind }) => kind === 'crash'))
    plans = plans.add(JSON.stringify({ ...plan, seed: 0 }))
  }
  expect(plans.size).toBeGreaterThan(45)
  const kinds = [...plans].map((plan) => plan.includes('"crash"')).filter(Boolean).length
  expect(kinds, 'about half have it').toBeGreaterThan(15)
  expect(kinds).toBeLessThan(35)
})

test('faults strike at their rates, each by its own chance, and are counted', () => {
  const strikesOf = (rates: FaultPlan['rates']) => {
    const faults = new Faults(new World(1), { seed: 1, lengthMs: 1, rates, operations: [] })
    const strikes: boolean[] = []
    for (let left = 1_000; left > 0; left--) {
      faults.strikes('delay', 'a>b')
      strikes.push(faults.strikes('loss', 'a>b'))
    }
    return { strikes, counts: faults.counts }
  }
  const both = strikesOf({ delay: 0.5, loss: 0.1 })
  const { struck, chances } = both.counts.get('loss') as { struck: number; chances: number }
  expect(chances).toBe(1_000)
  expect(struck).toBeGreaterThan(70)
  expect(struck).toBeLessThan(130)
  expect(strikesOf({ delay: 0, loss: 0.1 }).strikes).toEqual(both.strikes)
})

test('operations are begun and ended at their times, none after the end of the plan', async () => {
  const world = new World(1)
  const operation = { kind: 'pause', on: ['a'], amount: 0 }
  const operations = [
    { ...operation, atMs: 5, lengthMs: 7 },
    { ...operation, atMs: 20, lengthMs: 7 },
  ]
  const faults = new Faults(world, { seed: 1, lengthMs: 20, rates: {}, operations })
  const seen: string[] = []
  faults.carryOut({
    pause({ on }) {
      seen.push(`${world.nowMs} ${on.join()}`)
      return () => seen.push(`${world.nowMs} end`)
    },
  })
  expect(await drive(world, 100)).toBeUndefined()
  expect(seen).toEqual(['5 a', '12 end'])
  expect(faults.counts.get('pause')).toEqual({ struck: 1, chances: 1 })
})

test('a plan shrinks to what the same invariant needs to break, whatever else does', async () => {
  const plan: FaultPlan = {
    seed: 1,
    lengthMs: 1_000,
    rates: { delay: 0.2, loss: 0.1 },
    operations: Array.from({ length: 40 }, (_, index) => ({
      atMs: index * 10,
      kind: index % 2 === 0 ? 'crash' : 'pause',
      on: ['a'],
      lengthMs: 64,
      amount: 0,
    })),
  }
  // Needs loss, the crash at 200 and the pause at 310, which is to last. Without the pause another breaks.
  const run = async ({ rates, operations, lengthMs }: FaultPlan): Promise<Failure | undefined> => {
    const has = (atMs: number, least: number) =>
      operations.some((one) => one.atMs === atMs && one.lengthMs >= least)
    const failure = { detail: `${operations.length}`, atMs: 350.5, error: undefined }
    if (lengthMs < 351 || !has(200, 0)) return undefined
    if (rates['loss'] === 0 || !has(310, 10)) return { ...failure, invariant: 'Other' }
    return { ...failure, invariant: 'Lost' }
  }
  const shrunk = await shrink(plan, run)
  expect(shrunk.plan).toEqual({
    seed: 1,
    lengthMs: 351,
    rates: { delay: 0, loss: 0.1 },
    operations: [
      { ...plan.operations[20], lengthMs: 0 },
      { ...plan.operations[31], lengthMs: 16 },
    ],
  })
  expect(shrunk.failure).toMatchObject({ invariant: 'Lost', detail: '2' })
  expect(shrunk.runs).toBeLessThan(80)
  await expect(shrink({ ...plan, lengthMs: 1 }, run)).rejects.toThrow('does not fail')
})
