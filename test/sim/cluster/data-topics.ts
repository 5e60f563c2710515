import { type MetadataImage, topicNamed } from '../../../broker/metadata/image.ts'
import type { PartitionImage } from '../../../broker/metadata/partition-table.ts'

/** A topic of one partition that is written to. */
export type DataTopic = {
  readonly name: string
  /** `kavka.flush` is `Always`. */
  readonly flushesAlways: boolean
}

/** All of them, with three replicas each. */
export const dataTopics: readonly DataTopic[] = [
  { name: 'orders', flushesAlways: false },
  { name: 'payments', flushesAlways: true },
]

export function isDataTopic(name: string): boolean {
  return dataTopics.some((topic) => topic.name === name)
}

/** The one partition of a topic that is written to, as the metadata log has it. */
export function partitionOfData(image: MetadataImage, name: string): PartitionImage | undefined {
  return topicNamed(image, name)?.partitions.at(0)
}
