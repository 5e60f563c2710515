import type { Replication } from '../../broker/partition/partitions.ts'

/** Of a broker whose controller was always heard just now, and that has no other beside it. */
export const noReplication: Replication = {
  lagTimeMaxMs: 10_000,
  sessionTimeoutMs: 1_500,
  controllerHeardMs: () => Number.POSITIVE_INFINITY,
  propose() {},
  follow() {},
  lookAtFollowers() {},
}
