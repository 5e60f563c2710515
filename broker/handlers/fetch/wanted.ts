import type { TopicKey } from '../../partition/partitions.ts'
import type { RequestOf } from '../../protocol/apis.ts'

/** From this version on topics have ids instead of names (KIP-516). */
export const firstVersionWithIds = 13

/** A partition that a client wants to read, and from where on. */
export type Wanted = {
  readonly key: TopicKey
  readonly partition: number
  /** -1 for a client that does not say. */
  readonly currentLeaderEpoch: number
  readonly fetchOffset: number
  /** Of the last batch that it has; -1 for none, or for a client that does not say (KIP-595). */
  readonly lastFetchedEpoch: number
  readonly maxBytes: number
}

/** The name of a topic, or its id: whatever a session knows it by. */
export function textOf(key: TopicKey): string {
  return 'id' in key ? key.id : key.name
}

/** The partitions of a request, in its order. */
export function wantedOf({ topics }: RequestOf<'Fetch'>, version: number): Wanted[] {
  const all: Wanted[] = []
  for (const { topic: name, topicId: id, partitions } of topics) {
    const key: TopicKey = version >= firstVersionWithIds ? { id } : { name }
    for (const own of partitions) {
      const { partition, currentLeaderEpoch, fetchOffset, lastFetchedEpoch } = own
      const maxBytes = own.partitionMaxBytes
      all.push({ key, partition, currentLeaderEpoch, fetchOffset, lastFetchedEpoch, maxBytes })
    }
  }
  return all
}
