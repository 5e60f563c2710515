import type { PlanSummary } from './plan.ts'
import type { Survey } from './survey.ts'

/** @param targets The replicas of each partition of the survey afterwards: ids, the preferred leader first. */
export function summaryOf(
  { brokers, partitions }: Survey,
  targets: readonly (readonly number[])[],
): PlanSummary {
  const before = countsOf(partitions.map(({ replicas }) => replicas))
  const after = countsOf(targets)
  let replicasMoved = 0
  let leadersChanged = 0
  for (const [index, { replicas }] of partitions.entries()) {
    const target = targets[index] ?? replicas
    if (target[0] !== replicas[0]) leadersChanged++
    for (const id of target) if (!replicas.includes(id)) replicasMoved++
  }
  const each = brokers.map(({ id, isLeaving }) => ({
    id,
    isLeaving,
    replicas: { before: before.replicas.get(id) ?? 0, after: after.replicas.get(id) ?? 0 },
    leaders: { before: before.leaders.get(id) ?? 0, after: after.leaders.get(id) ?? 0 },
  }))
  return { replicasMoved, leadersChanged, brokers: each.sort((a, b) => a.id - b.id) }
}

/** By broker id. */
function countsOf(replicasOfEach: readonly (readonly number[])[]) {
  const replicas = new Map<number, number>()
  const leaders = new Map<number, number>()
  for (const ids of replicasOfEach) {
    for (const [i, id] of ids.entries()) {
      replicas.set(id, (replicas.get(id) ?? 0) + 1)
      if (i === 0) leaders.set(id, (leaders.get(id) ?? 0) + 1)
    }
  }
  return { replicas, leaders }
}
