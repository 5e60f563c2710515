/** A broker as far as it matters for who may be started anew. */
export type RollingBroker = {
  readonly nodeId: number
  /** It runs with something else than it should. */
  readonly isOutdated: boolean
  /** Clients are served by it. */
  readonly isServing: boolean
  /** Nobody misses it for a while: see `kafka-cluster/may-be-away.ts`. */
  readonly mayBeAway: boolean
}

/**
 * Which brokers are started anew now, so that all come to run with what they should: those that do
 * not serve anyway, at once; of the others one, and only while all serve and have caught up. Pure;
 * asked again whenever something changed.
 */
export function nextRestarts(brokers: readonly RollingBroker[]): number[] {
  const idle = brokers.filter(({ isOutdated, isServing }) => isOutdated && !isServing)
  if (idle.length > 0) return idle.map(({ nodeId }) => nodeId)
  if (brokers.some(({ isServing }) => !isServing)) return []
  return brokers
    .filter(({ isOutdated, mayBeAway }) => isOutdated && mayBeAway)
    .slice(0, 1)
    .map(({ nodeId }) => nodeId)
}
