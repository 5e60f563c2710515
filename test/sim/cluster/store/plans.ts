import { type FaultPlan, type Operation, planOf } from '../../core/fault-plan.ts'
import { chanceOf } from '../../disk/chance.ts'
import { brokers, client, controllers, each, hosts, roadsAmong } from '../hosts.ts'

const roads = roadsAmong(hosts)
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
export function restored(seed: number) {
  const plan = planOf(seed, {
    lengthMs: 30_000,
    rates: {
      delay: 0.02,
      loss: 0.01,
      late: 0.01,
      storeSlow: 0.05,
      storeLost: 0.05,
      storeFails: 0.05,
      storeConflict: 0.05,
      snapshot: 0.5,
      partTakenBack: 0.3,
    },
    operations: {
      putBack: { upTo: 1, on: [['store']], lengthMs: 8_000, amountBelow: 3, always: true },
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
  return { ...plan, seeks: ['stopped', 'wentOn'] }
}

/** Controllers stand still in the midst of what they do, and go on when another has taken over. */
export function deposed(seed: number): FaultPlan {
  return planOf(seed, {
    lengthMs: 40_000,
    rates: { storeSlow: 0.3, storeLost: 0.5, storeFails: 0.1, snapshot: 1, loss: 0.01 },
    operations: {
      createTopic: { upTo: 20, ...asked },
      changeIsr: { upTo: 60, ...asked },
      configure: { upTo: 80, ...asked },
      elect: { upTo: 6, ...asked },
      produce: { upTo: 40, on: [[client]], amountBelow: 3, always: true },
      pause: { upTo: 8, on: each(controllers), lengthMs: 14_000, always: true },
      quickRestart: { upTo: 3, on: each(brokers) },
    },
  })
}

/**
 * The store is put back while the one broker that knows what is lost is away: the others go on, and the log
 * grows past where that one is.
 */
export function forked(seed: number): FaultPlan {
  const chance = chanceOf(seed, 'forked')
  const operations: Operation[] = []
  const at = (atMs: number, kind: string, on: readonly string[], lengthMs = 0) => {
    operations.push({ atMs, kind, on, lengthMs, amount: chance(1_024) })
  }
  const knows = brokers[chance(brokers.length)] as string
  const others = brokers.filter((name) => name !== knows)
  /** Then both histories have an epoch of the same number. */
  const isTakenOver = chance(2) === 0
  const putBackMs = 3_500 + chance(2_500) + (isTakenOver ? 5_000 : 0)
  const awayMs = 8_000 + chance(6_000)
  for (let ms = 1_000; ms < 2_800; ms += 60) at(ms + chance(60), 'produce', [client])
  // Once the others have found together.
  for (let ms = 7_000; ms < awayMs; ms += 1_000) at(putBackMs + ms, 'produce', [client])
  at(3_000, 'putBack', ['store'], putBackMs - 3_000)
  for (const controller of controllers) {
    for (const other of others) at(3_000, 'cut', [controller, other], putBackMs - 3_000)
    if (isTakenOver) at(3_100, 'crash', [controller], 100)
    // Who was deposed by that would tell everybody what is lost.
    at(putBackMs - 1, 'crash', [controller], 100)
  }
  at(putBackMs - 2, chance(2) === 0 ? 'pause' : 'crash', [knows], awayMs)
  const kinds = ['createTopic', 'changeIsr', 'elect', 'move', 'configure']
  for (let left = 1 + chance(6); left > 0; left--) {
    at(3_050 + chance(putBackMs - 3_100), kinds[chance(kinds.length)] as string, [knows])
  }
  for (let left = chance(10); left > 0; left--) {
    const atMs = putBackMs + 4_000 + chance(8_000)
    at(atMs, kinds[chance(kinds.length)] as string, [others[0] as string])
  }
  // So that something waits to be appended when that one says where it is.
  for (let ms = 0; ms < 200; ms += 4) {
    at(putBackMs + awayMs + ms, 'configure', [others[ms % 2] as string])
  }
  operations.sort((a, b) => a.atMs - b.atMs)
  return { seed, lengthMs: 30_000, rates: { delay: 0.01, snapshot: chance(2) / 4 }, operations }
}

/** etcd is put back to before a part of the log was made: mostly nobody has seen what is lost. */
export function takenBack(seed: number): FaultPlan {
  return planOf(seed, {
    lengthMs: 30_000,
    rates: { snapshot: 0.4, partTakenBack: 0.8, storeSlow: 0.05, storeFails: 0.05 },
    operations: {
      configure: { upTo: 80, ...asked },
      createTopic: { upTo: 10, ...asked },
      produce: { upTo: 40, on: [[client]], amountBelow: 3, always: true },
      crash: { upTo: 2, on: each(controllers), lengthMs: 1_000 },
    },
  })
}
