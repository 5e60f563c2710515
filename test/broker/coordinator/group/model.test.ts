import fc from 'fast-check'
import { expect, test } from 'vitest'
import { effort } from '../../../support/effort.ts'
import { type Action, World } from './world.ts'

const who = fc.nat({ max: 5 })
const errors = fc.constantFrom('NOT_ENOUGH_REPLICAS', 'NOT_LEADER_OR_FOLLOWER', 'REQUEST_TIMED_OUT')

/** Mostly clients do what is right, and time passes; else anything. */
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 24, arbitrary: who.map((client) => ({ type: 'next' as const, client })) },
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constant('wait' as const),
      ms: fc.constantFrom(1, 500, 1_000, 2_000, 3_000, 5_000, 7_000, 11_000),
    }),
  },
  { weight: 2, arbitrary: who.map((client) => ({ type: 'restart' as const, client })) },
  { weight: 2, arbitrary: who.map((client) => ({ type: 'leave' as const, client })) },
  { weight: 1, arbitrary: who.map((client) => ({ type: 'impostor' as const, client })) },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('change' as const),
      client: who,
      protocols: fc.constantFrom('range', 'sticky', 'range,sticky', 'sticky,range'),
      version: fc.constantFrom(0, 1, 3, 4, 5, 8, 9),
      sessionMs: fc.constantFrom(6_000, 9_000, 30_000),
      rebalanceMs: fc.constantFrom(-1, 0, 4_000, 8_000, 60_000),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ type: 'hold' as const }) },
  {
    weight: 4,
    arbitrary: fc.constant({ type: 'release' as const, outcome: 'committed' as const }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constantFrom('release' as const, 'fail next' as const),
      outcome: fc.oneof(
        errors.map((refused) => ({ refused })),
        errors.map((lost) => ({ lost })),
      ),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ type: 'crash' as const }) },
  { weight: 1, arbitrary: fc.constant({ type: 'delete' as const }) },
)

/** SEEDS=20000 npx vitest run test/broker/coordinator/group/model: more of them. */
const numRuns = Number(process.env['SEEDS'] ?? effort(300, 3_000))

test('whatever happens, a group keeps its promises', { timeout: 3_600_000 }, async () => {
  const actions = fc.array(action, { maxLength: 120, size: 'max' })
  await fc.assert(
    fc.asyncProperty(
      actions,
      fc.constantFrom(0, 3_000),
      fc.constantFrom(3, 100),
      async (list, delayMs, maxSize) => {
        const world = new World({ initialRebalanceDelayMs: delayMs, maxSize })
        for (const one of list) {
          await world.act(one)
          world.check()
        }
        await world.end()
        expect(world.unanswered).toEqual([])
      },
    ),
    { numRuns },
  )
})
