import { type FaultPlan, planOf } from '../../core/fault-plan.ts'
import { brokers, client, controllers } from '../hosts.ts'

const each = (names: readonly string[]) => names.map((name) => [name])
const hosts = [...controllers, ...brokers]
const roads = hosts.flatMap((from) => hosts.filter((to) => to !== from).map((to) => [from, to]))
const asked = { on: each(brokers), amountBelow: 1_024, always: true }

/** What an API server does beside, and a log that outgrows its head. */
export function withApiFaults(plan: FaultPlan): FaultPlan {
  const { lengthMs, seed } = plan
  const own = planOf(seed, {
    lengthMs,
    rates: {
      storeSlow: 0.15,
      storeLost: 0.15,
      storeFails: 0.15,
      storeConflict: 0.1,
      snapshot: 0.3,
    },
    operations: { configure: { upTo: 20, ...asked } },
  })
  const operations = [...plan.operations, ...own.operations].sort((a, b) => a.atMs - b.atMs)
  return { ...plan, rates: { ...plan.rates, ...own.rates }, operations }
}

/**
 * The store is put back to an older state: what was lost somebody has seen, or nobody. No disk loses
 * anything, so that what was acknowledged is there at the end, whether the cluster goes on or not.
 */
export function restored(seed: number): FaultPlan {
  return planOf(seed, {
    lengthMs: 30_000,
    rates: {
      delay: 0.02,
      loss: 0.01,
      late: 0.01,
      storeSlow: 0.05,
      storeLost: 0.05,
      storeFails: 0.05,
      storeConflict: 0.05,
      snapshot: 0.2,
      partTakenBack: 0.1,
    },
    operations: {
      putBack: { upTo: 1, on: [['store']], lengthMs: 8_000, always: true },
      putBackSoon: { upTo: 3, on: [['store']], lengthMs: 300 },
      createTopic: { upTo: 12, ...asked },
      changeIsr: { upTo: 20, ...asked },
      configure: { upTo: 10, ...asked },
      elect: { upTo: 2, ...asked },
      move: { upTo: 4, ...asked },
      produce: { upTo: 100, on: [[client]], amountBelow: 3, always: true },
      crash: { upTo: 4, on: each(hosts), lengthMs: 3_000 },
      crashAtCall: { upTo: 3, on: each(controllers), lengthMs: 1_000, amountBelow: 200 },
      quickRestart: { upTo: 2, on: each(brokers) },
      pause: { upTo: 3, on: each(hosts), lengthMs: 6_000 },
      cut: { upTo: 3, on: roads, lengthMs: 6_000 },
      storeOut: { upTo: 1, on: [['store']], lengthMs: 6_000 },
    },
  })
}
