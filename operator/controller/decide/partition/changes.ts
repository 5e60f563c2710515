import type { MetadataImage, TopicImage } from '../../../../broker/metadata/image.ts'
import type { PartitionImage, PartitionTable } from '../../../../broker/metadata/partition-table.ts'
import type { MetadataRecord } from '../../../../broker/metadata/records.ts'
import { partitionChange, type Wish } from './change.ts'
import type { RulesOf } from './rules.ts'

/**
 * What becomes of many partitions at once.
 *
 * @param about.concerns Whether to look at a partition at all: cheap, since most are not concerned.
 * @param about.wishOf Undefined: it stays as it is.
 */
export function partitionChanges(
  image: MetadataImage,
  about: {
    readonly rulesOf: RulesOf
    readonly concerns: (partitions: PartitionTable, partitionId: number) => boolean
    readonly wishOf: (partition: PartitionImage, topic: TopicImage) => Wish | undefined
  },
): MetadataRecord[] {
  const { rulesOf, concerns, wishOf } = about
  const records: MetadataRecord[] = []
  for (const topic of image.topics.values()) {
    const { id: topicId, partitions } = topic
    for (let partitionId = 0; partitionId < partitions.count; partitionId++) {
      if (!concerns(partitions, partitionId)) continue
      const partition = partitions.at(partitionId)
      const wish = wishOf(partition, topic)
      if (wish === undefined) continue
      const record = partitionChange({ topicId, partitionId }, partition, wish, rulesOf(topic))
      if (record !== undefined) records.push(record)
    }
  }
  return records
}
