import { KafkaCluster } from './kafka-cluster/kafka-cluster.ts'
import type { Resource } from './schema/resource.ts'
import { Topic } from './topic/topic.ts'

/** All our kinds of resources that people write. */
export const kinds = { KafkaCluster, Topic } as const

/** A resource of any of our kinds, with its defaults. */
export type AnyResource = KafkaCluster | Topic

/** The table of a kind, or undefined for one that is not ours. */
export function kindOf(kind: string): Resource | undefined {
  return Object.hasOwn(kinds, kind) ? kinds[kind as keyof typeof kinds] : undefined
}
