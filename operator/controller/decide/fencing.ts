import type { MetadataImage } from '../../../broker/metadata/image.ts'
import { type MetadataRecord, metadataRecord } from '../../../broker/metadata/records.ts'

/** Fields of a BrokerRegistrationChangeRecord: 1 sets, -1 takes back. */
const sets = 1
const takesBack = -1

/**
 * A broker is not to lead any more, since nothing is heard of it: what it led has no leader until it
 * is back. (With one replica each there is nobody else; elections come with replication.)
 */
export function fenceBroker(image: MetadataImage, brokerId: number): MetadataRecord[] {
  const broker = image.brokers.get(brokerId)
  if (broker === undefined || broker.fenced) return []
  const { epoch: brokerEpoch } = broker
  return [
    metadataRecord('BrokerRegistrationChangeRecord', { brokerId, brokerEpoch, fenced: sets }),
    ...leadersOf(image, brokerId, (leader) => leader === brokerId, noLeader),
  ]
}

/** A broker is there and knows what it has to: it leads again what only it has. */
export function unfenceBroker(image: MetadataImage, brokerId: number): MetadataRecord[] {
  const broker = image.brokers.get(brokerId)
  if (broker === undefined || !broker.fenced) return []
  const { epoch: brokerEpoch } = broker
  const fenced = takesBack
  return [
    metadataRecord('BrokerRegistrationChangeRecord', { brokerId, brokerEpoch, fenced }),
    ...leadersOf(image, brokerId, (leader) => leader === noLeader, brokerId),
  ]
}

/** A broker wants to stop in order: it leads nothing from now on. */
export function shutDownBroker(image: MetadataImage, brokerId: number): MetadataRecord[] {
  const broker = image.brokers.get(brokerId)
  if (broker === undefined || broker.inControlledShutdown) return []
  return [
    metadataRecord('BrokerRegistrationChangeRecord', {
      brokerId,
      brokerEpoch: broker.epoch,
      fenced: broker.fenced ? 0 : sets,
      inControlledShutdown: sets,
    }),
    ...leadersOf(image, brokerId, (leader) => leader === brokerId, noLeader),
  ]
}

/** Gives the partitions that only this broker has another leader, where they have such a one now. */
function leadersOf(
  image: MetadataImage,
  brokerId: number,
  isWanted: (leader: number) => boolean,
  leader: number,
): MetadataRecord[] {
  const records: MetadataRecord[] = []
  for (const topic of image.topics.values()) {
    for (let partitionId = 0; partitionId < topic.partitions.count; partitionId++) {
      if (!isWanted(topic.partitions.leader(partitionId))) continue
      if (!topic.partitions.at(partitionId).isr.includes(brokerId)) continue
      records.push(
        metadataRecord('PartitionChangeRecord', { topicId: topic.id, partitionId, leader }),
      )
    }
  }
  return records
}

const noLeader = -1
