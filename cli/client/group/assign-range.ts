import type { TopicPartitions } from './consumer-protocol.ts'

/** A member of a group as its leader sees it. */
export type Subscriber = {
  readonly memberId: string
  /** Of a static member. */
  readonly groupInstanceId: string | null
  readonly topics: readonly string[]
}

/**
 * Gives each member a range of the partitions of each topic that it subscribes to. Where they cannot
 * be shared evenly, the first members have one more. Kafka's RangeAssignor without racks.
 *
 * @param partitionCounts By topic. One that is not there has nothing to give.
 * @returns By member id, with a place for every member.
 */
export function assignRange(
  subscribers: readonly Subscriber[],
  partitionCounts: ReadonlyMap<string, number>,
): Map<string, TopicPartitions[]> {
  const assigned = new Map<string, TopicPartitions[]>()
  for (const { memberId } of subscribers) assigned.set(memberId, [])
  const inOrder = subscribers.toSorted(byIdentity)
  for (const [topic, count] of partitionCounts) {
    const takers = inOrder.filter(({ topics }) => topics.includes(topic))
    for (const [index, { memberId }] of takers.entries()) {
      const begin = firstOf(index, { count, takers: takers.length })
      const end = firstOf(index + 1, { count, takers: takers.length })
      const partitions = Array.from({ length: end - begin }, (_, more) => begin + more)
      if (partitions.length > 0) assigned.get(memberId)?.push({ topic, partitions })
    }
  }
  return assigned
}

function firstOf(index: number, { count, takers }: { count: number; takers: number }): number {
  return index * Math.floor(count / takers) + Math.min(index, count % takers)
}

/** Static members first: they keep their place when they come back under another member id. */
function byIdentity(a: Subscriber, b: Subscriber): number {
  if (a.groupInstanceId !== null && b.groupInstanceId !== null) {
    return compare(a.groupInstanceId, b.groupInstanceId)
  }
  if (a.groupInstanceId !== null) return -1
  if (b.groupInstanceId !== null) return 1
  return compare(a.memberId, b.memberId)
}

function compare(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
