import type { MetadataImage } from '../../../broker/metadata/image.ts'
import { type MetadataRecord, metadataRecord } from '../../../broker/metadata/records.ts'

/** No broker leads: nobody that may is there. */
export const noLeader = -1

/**
 * Takes from a broker all that it leads. Of a partition with one replica nobody is left, so it has
 * no leader until that broker is back; its ISR stays, since it has all that was committed. Each
 * change raises the leader epoch, so that what this process still says of itself counts no more.
 */
export function leadersLost(image: MetadataImage, brokerId: number): MetadataRecord[] {
  const records: MetadataRecord[] = []
  for (const { id: topicId, partitions } of image.topics.values()) {
    for (let partitionId = 0; partitionId < partitions.count; partitionId++) {
      if (partitions.leader(partitionId) !== brokerId) continue
      records.push(
        metadataRecord('PartitionChangeRecord', { topicId, partitionId, leader: noLeader }),
      )
    }
  }
  return records
}

/** Gives to a broker that is back the partitions that nobody leads and whose ISR it is in. */
export function leadersRegained(image: MetadataImage, brokerId: number): MetadataRecord[] {
  const records: MetadataRecord[] = []
  for (const { id: topicId, partitions } of image.topics.values()) {
    for (let partitionId = 0; partitionId < partitions.count; partitionId++) {
      if (partitions.leader(partitionId) !== noLeader) continue
      if (!partitions.at(partitionId).isr.includes(brokerId)) continue
      records.push(
        metadataRecord('PartitionChangeRecord', { topicId, partitionId, leader: brokerId }),
      )
    }
  }
  return records
}
