import { assignRange, type Subscriber } from './assign-range.ts'
import { assignmentOf } from './consumer-protocol.ts'

/** What the leader of a group has given to its members. */
export type SharedOut = {
  /** All that members subscribe to. */
  readonly topics: readonly string[]
  /** By member id, as the members understand it. */
  readonly assignments: ReadonlyMap<string, Uint8Array>
  /** Whether there are as many partitions now as there were then. */
  readonly isOf: (partitionCounts: ReadonlyMap<string, number>) => boolean
}

/** @param countPartitions As the cluster has it; a topic that is not there is left out. */
export async function shareOut(
  subscribers: readonly Subscriber[],
  countPartitions: (topics: readonly string[]) => Promise<ReadonlyMap<string, number>>,
): Promise<SharedOut> {
  const topics = [...new Set(subscribers.flatMap((subscriber) => subscriber.topics))]
  const counts = await countPartitions(topics)
  const assigned = assignRange(subscribers, counts)
  const assignments = [...assigned].map(([memberId, given]) => {
    return [memberId, assignmentOf(given)] as const
  })
  return {
    topics,
    assignments: new Map(assignments),
    isOf: (now) => topics.every((topic) => now.get(topic) === counts.get(topic)),
  }
}
