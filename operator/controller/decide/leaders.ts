import type { MetadataImage } from '../../../broker/metadata/image.ts'
import { type MetadataRecord, metadataRecord } from '../../../broker/metadata/records.ts'
import type { Entries } from '../../../broker/protocol/config/topic-values.ts'
import { uncleanElections } from './unclean-elections.ts'

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

/**
 * Takes from a broker that comes without the data it had all that it leads, and its seats in every
 * ISR and ELR: it is not known to have anything that was committed (safety rules, case 4). Of a
 * partition with one replica nobody is left then, and it stays without a leader: an empty log must
 * not be taken for the one that was there.
 */
export function seatsLost(image: MetadataImage, brokerId: number): MetadataRecord[] {
  const records: MetadataRecord[] = []
  const others = (ids: readonly number[]) => ids.filter((id) => id !== brokerId)
  for (const { id: topicId, partitions } of image.topics.values()) {
    for (let partitionId = 0; partitionId < partitions.count; partitionId++) {
      if (!partitions.hasReplica(partitionId, brokerId)) continue
      const { leader, isr, elr } = partitions.at(partitionId)
      if (leader !== brokerId && !isr.includes(brokerId) && !elr.includes(brokerId)) continue
      records.push(
        metadataRecord('PartitionChangeRecord', {
          topicId,
          partitionId,
          isr: others(isr),
          ...(elr.includes(brokerId) ? { eligibleLeaderReplicas: others(elr) } : {}),
          ...(leader === brokerId ? { leader: noLeader } : {}),
        }),
      )
    }
  }
  return records
}

/**
 * Gives to a broker that is back the partitions that nobody leads and whose ISR it is in, and those
 * without their data that are to go on with what it has.
 */
export function leadersRegained(
  image: MetadataImage,
  brokerId: number,
  brokerConfig: Entries,
): MetadataRecord[] {
  const records: MetadataRecord[] = []
  const about = { isThere: (id: number) => id === brokerId, brokerConfig }
  for (const topic of image.topics.values()) {
    const { id: topicId, partitions } = topic
    for (let partitionId = 0; partitionId < partitions.count; partitionId++) {
      if (partitions.leader(partitionId) !== noLeader) continue
      if (!partitions.at(partitionId).isr.includes(brokerId)) continue
      records.push(
        metadataRecord('PartitionChangeRecord', { topicId, partitionId, leader: brokerId }),
      )
    }
    records.push(...uncleanElections(image, topic, about))
  }
  return records
}
