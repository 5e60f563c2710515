import { type FaultPlan, planOf } from '../../core/fault-plan.ts'
import { brokers, client, each, roadsAmong } from '../hosts.ts'

/** Offsets that are committed, of a few groups. */
export const commits = { on: [[client]], amountBelow: 3, always: true }

/** Who leads `__consumer_offsets` changes often, its followers are slow, and its disks are full at times. */
export function coordinators(seed: number): FaultPlan {
  const oneOf = each(brokers)
  return planOf(seed, {
    lengthMs: 30_000,
    rates: { delay: 0.05, diskFull: 0.2 },
    operations: {
      commit: { upTo: 100, ...commits },
      cut: { upTo: 16, on: roadsAmong(brokers), lengthMs: 4_000, always: true },
      crash: { upTo: 6, on: oneOf, lengthMs: 3_000, always: true },
      quickRestart: { upTo: 4, on: oneOf },
      pause: { upTo: 6, on: oneOf, lengthMs: 8_000 },
      elect: { upTo: 10, on: oneOf, always: true },
    },
  })
}
