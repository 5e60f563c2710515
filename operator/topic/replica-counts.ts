import type { TopicView } from './topic-status.ts'

export type ReplicaCount = { readonly leaders: number; readonly replicas: number }

/** By broker, how many partitions it leads and how many replicas it has. */
export function replicaCounts(topics: readonly TopicView[]): ReadonlyMap<number, ReplicaCount> {
  const counts = new Map<number, { leaders: number; replicas: number }>()
  const of = (id: number) => {
    const known = counts.get(id)
    if (known !== undefined) return known
    const count = { leaders: 0, replicas: 0 }
    counts.set(id, count)
    return count
  }
  for (const { leader, replicas } of topics.flatMap(({ partitions }) => partitions)) {
    if (leader !== null) of(leader).leaders++
    for (const id of replicas) of(id).replicas++
  }
  return counts
}
