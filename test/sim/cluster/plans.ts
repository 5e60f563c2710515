import { type FaultPlan, planOf } from '../core/fault-plan.ts'
import { chanceOf } from '../disk/chance.ts'
import * as directed from './directed.ts'
import { commits, coordinators } from './groups/plan.ts'
import { brokers, client, controllers, each, hosts, roadsAmong } from './hosts.ts'
import { deposed, forked, restored, takenBack, withApiFaults } from './store/plans.ts'

const roads = roadsAmong([...hosts, client])
const between = roadsAmong(brokers)

/** What is done, and to which store. */
export type ClusterPlan = FaultPlan & {
  readonly store: 'memory' | 'kubernetes'
  /** Hosts that begin as an older version: see `Versions`. */
  readonly older: readonly string[]
  /** Those that are of it at the end still; all others come back as the newer one. */
  readonly staysOlder: readonly string[]
  /** What has to come about in a hundred such plans, or they prove nothing. */
  readonly seeks: readonly string[]
}

/** What a plan is for: each finds other mistakes. */
export type PlanKind = keyof typeof plans

export function clusterPlan(seed: number, kind: PlanKind = 'usual'): ClusterPlan {
  const isOnKubernetes = onKubernetesOnly.has(kind) || (usesBoth.has(kind) && seed % 2 === 1)
  const usual = { older: [], staysOlder: [], seeks: [] }
  return { ...usual, ...plans[kind](seed), store: isOnKubernetes ? 'kubernetes' : 'memory' }
}

const usesBoth: ReadonlySet<PlanKind> = new Set(['usual', 'restored', 'forked', 'mixed'])
const onKubernetesOnly: ReadonlySet<PlanKind> = new Set(['onKubernetes', 'deposed', 'takenBack'])

/** Some of all. */
function usual(seed: number): FaultPlan {
  const asked = { on: each(brokers), amountBelow: 1_024, always: true }
  return planOf(seed, {
    lengthMs: 25_000,
    rates: { delay: 0.02, loss: 0.01, late: 0.01, storeSlow: 0.05, storeLost: 0.05 },
    operations: {
      createTopic: { upTo: 12, ...asked },
      deleteTopic: { upTo: 2, ...asked },
      changeIsr: { upTo: 20, ...asked },
      elect: { upTo: 3, ...asked },
      move: { upTo: 6, ...asked },
      moveData: { upTo: 4, on: each(brokers), amountBelow: 1_024 },
      produce: { upTo: 60, on: [[client]], amountBelow: 3, always: true },
      commit: { upTo: 16, ...commits },
      crash: { upTo: 6, on: each(hosts), lengthMs: 3_000 },
      powerLoss: { upTo: 3, on: each(hosts), lengthMs: 5_000 },
      crashAtCall: { upTo: 4, on: each(hosts), lengthMs: 1_000, amountBelow: 200 },
      quickRestart: { upTo: 3, on: each(brokers) },
      crashAll: { upTo: 1, on: [brokers], lengthMs: 3_000 },
      blackout: { upTo: 1, on: [brokers], lengthMs: 3_000 },
      emptyDisk: { upTo: 1, on: each(brokers), lengthMs: 2_000 },
      pause: { upTo: 4, on: each(hosts), lengthMs: 8_000 },
      cut: { upTo: 4, on: roads, lengthMs: 6_000 },
      jump: { upTo: 2, on: each(hosts), amountBelow: 600_000 },
      storeOut: { upTo: 2, on: [['store']], lengthMs: 10_000 },
    },
  })
}

/** Followers fall behind and leaders die: who leads then may lack what was committed. */
function isolating(seed: number): FaultPlan {
  return planOf(seed, {
    lengthMs: 40_000,
    operations: {
      produce: { upTo: 120, on: [[client]], amountBelow: 3, always: true },
      commit: { upTo: 14, ...commits },
      cut: { upTo: 14, on: between, lengthMs: 8_000, always: true },
      crash: { upTo: 6, on: each(brokers), lengthMs: 5_000, always: true },
      emptyDisk: { upTo: 1, on: each(brokers), lengthMs: 2_000 },
    },
  })
}

/** What leaders propose is decided late, or nobody hears of it: who is in sync is not known for long. */
function undecided(seed: number): FaultPlan {
  return planOf(seed, {
    lengthMs: 40_000,
    rates: { storeSlow: 0.6, storeLost: 0.4, loss: 0.02, late: 0.02 },
    operations: {
      produce: { upTo: 150, on: [[client]], amountBelow: 3, always: true },
      cut: { upTo: 10, on: between, lengthMs: 5_000, always: true },
      quickRestart: { upTo: 6, on: each(brokers), always: true },
      crash: { upTo: 5, on: each(brokers), lengthMs: 6_000, always: true },
    },
  })
}

/** The power fails, here and there and everywhere. */
function dark(seed: number): FaultPlan {
  return planOf(seed, {
    lengthMs: 25_000,
    rates: { delay: 0.02 },
    operations: {
      produce: { upTo: 120, on: [[client]], amountBelow: 3, always: true },
      commit: { upTo: 20, ...commits },
      powerLoss: { upTo: 8, on: each(brokers), lengthMs: 4_000, always: true },
      blackout: { upTo: 2, on: [brokers], lengthMs: 3_000, always: true },
      crashAll: { upTo: 1, on: [brokers], lengthMs: 2_000 },
      quickRestart: { upTo: 4, on: each(brokers) },
      cut: { upTo: 6, on: between, lengthMs: 5_000 },
      pause: { upTo: 2, on: each(hosts), lengthMs: 5_000 },
    },
  })
}

/** What is told comes late, on one connection and not on another; replicas come and go meanwhile. */
function stuck(seed: number): FaultPlan {
  return planOf(seed, {
    lengthMs: 30_000,
    rates: { stuck: 0.06, delay: 0.1, loss: 0.01, late: 0.02, storeLost: 0.1 },
    operations: {
      produce: { upTo: 150, on: [[client]], amountBelow: 3, always: true },
      cut: { upTo: 6, on: between, lengthMs: 5_000, always: true },
      quickRestart: { upTo: 6, on: each(brokers), always: true },
      crash: { upTo: 4, on: each(brokers), lengthMs: 3_000, always: true },
      elect: { upTo: 6, on: each(brokers), amountBelow: 2, always: true },
      moveData: { upTo: 8, on: each(brokers), amountBelow: 1_024, always: true },
    },
  })
}

/**
 * Nodes of two versions beside each other: they are upgraded and downgraded one by one, and somebody tries to
 * have the log written as only the newer one reads it.
 */
function mixed(seed: number) {
  const chance = chanceOf(seed, 'mixed')
  const asked = { on: each(brokers), amountBelow: 1_024, always: true }
  const plan = planOf(seed, {
    lengthMs: 30_000,
    rates: { delay: 0.02, loss: 0.01, late: 0.01, storeSlow: 0.05, storeLost: 0.05, snapshot: 0.2 },
    operations: {
      raiseLevel: { upTo: 20, ...asked },
      upgrade: { upTo: 10, on: each(hosts), lengthMs: 2_000, always: true },
      downgrade: { upTo: 4, on: each(hosts), lengthMs: 2_000, always: true },
      createTopic: { upTo: 8, ...asked },
      changeIsr: { upTo: 10, ...asked },
      elect: { upTo: 2, ...asked },
      produce: { upTo: 60, on: [[client]], amountBelow: 3, always: true },
      commit: { upTo: 16, ...commits },
      crash: { upTo: 3, on: each(hosts), lengthMs: 3_000 },
      powerLoss: { upTo: 2, on: each(hosts), lengthMs: 4_000 },
      crashAtCall: { upTo: 3, on: each(hosts), lengthMs: 1_000, amountBelow: 200 },
      quickRestart: { upTo: 3, on: each(brokers) },
      pause: { upTo: 3, on: each(hosts), lengthMs: 6_000 },
      cut: { upTo: 3, on: roads, lengthMs: 5_000 },
    },
  })
  return {
    ...plan,
    older: hosts.filter(() => chance(2) === 0),
    // It has to give way where the log was raised.
    staysOlder: controllers.filter((_, at) => chance(2) === 0 && at === seed % controllers.length),
    seeks: ['raised', 'refusedRaises', 'upgraded', 'downgraded', 'tooOldBrokers', 'gaveWay'],
  }
}

const onKubernetes = (seed: number) => withApiFaults(usual(seed))

const plans = {
  usual,
  isolating,
  undecided,
  stuck,
  dark,
  coordinators,
  mixed,
  onKubernetes,
  restored,
  deposed,
  forked,
  takenBack,
  ...directed,
}
