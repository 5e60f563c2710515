import { type MetadataImage, topicNamed } from '../../../broker/metadata/image.ts'
import { offsetsTopic } from '../../../broker/metadata/internal-topics.ts'
import type { PartitionImage } from '../../../broker/metadata/partition-table.ts'

/** A topic of one partition that is written to. */
export type DataTopic = {
  readonly name: string
  /** `kavka.flush` is `Always`. */
  readonly flushesAlways: boolean
  /** `replica.fetch.wait.max.ms`, among others: each fetch of a follower that has all is a few events. */
  readonly restMs: number
}

/** All of them, with three replicas each. */
export const dataTopics: readonly DataTopic[] = [
  { name: 'orders', flushesAlways: false, restMs: 500 },
  { name: 'payments', flushesAlways: true, restMs: 500 },
  { name: offsetsTopic, flushesAlways: false, restMs: 1_000 },
]

/** Those that clients write to. */
export const producedTopics = dataTopics.filter(({ name }) => name !== offsetsTopic)

export function isDataTopic(name: string): boolean {
  return dataTopics.some((topic) => topic.name === name)
}

/** The one partition of a topic that is written to, as the metadata log has it. */
export function partitionOfData(image: MetadataImage, name: string): PartitionImage | undefined {
  return topicNamed(image, name)?.partitions.at(0)
}
