import {
  applyBrokerEpoch,
  changeRegistration,
  registerBroker,
  unregisterBroker,
} from './apply-brokers.ts'
import {
  applyCluster,
  applyConfig,
  applyFeature,
  applyProducerIds,
  takeOver,
} from './apply-cluster.ts'
import {
  addPartition,
  addTopic,
  applyOwner,
  changePartition,
  rememberRemovedTopic,
  removeTopic,
} from './apply-topics.ts'
import type { MetadataImage } from './image.ts'
import { ImageEdit } from './image-edit.ts'
import type { MetadataRecord } from './records.ts'

/**
 * The image after some records. Pure, and the same for controller and brokers. The image that was
 * given stays as it is, also where a record is refused.
 *
 * Takes time for what the records touch, not for what the image holds: records of one batch are
 * best applied in one call, which copies each touched topic once.
 *
 * @throws {MetadataError} Inconsistent, where a record cannot follow what the image has;
 *   UnknownFeature.
 */
export function applyRecords(
  image: MetadataImage,
  records: Iterable<MetadataRecord>,
): MetadataImage {
  const edit = new ImageEdit(image)
  for (const record of records) applyRecord(edit, record)
  return edit.finish()
}

/** One of the records that become a new image together. */
export function applyRecord(edit: ImageEdit, record: MetadataRecord): void {
  switch (record.type) {
    case 'TopicRecord':
      return addTopic(edit, record)
    case 'PartitionRecord':
      return addPartition(edit, record)
    case 'PartitionChangeRecord':
      return changePartition(edit, record)
    case 'RemoveTopicRecord':
      return removeTopic(edit, record)
    case 'TopicOwnerRecord':
      return applyOwner(edit, record)
    case 'RemovedTopicRecord':
      return rememberRemovedTopic(edit, record)
    case 'RegisterBrokerRecord':
      return registerBroker(edit, record)
    case 'UnregisterBrokerRecord':
      return unregisterBroker(edit, record)
    case 'BrokerRegistrationChangeRecord':
      return changeRegistration(edit, record)
    case 'FenceBrokerRecord':
    case 'UnfenceBrokerRecord':
      return changeRegistration(edit, {
        brokerId: record.id,
        brokerEpoch: record.epoch,
        fenced: record.type === 'FenceBrokerRecord' ? 1 : -1,
        inControlledShutdown: 0,
        logDirs: [],
      })
    case 'BrokerEpochRecord':
      return applyBrokerEpoch(edit, record)
    case 'ClusterRecord':
      return applyCluster(edit, record)
    case 'ControllerEpochRecord':
      return takeOver(edit, record)
    case 'FeatureLevelRecord':
      return applyFeature(edit, record)
    case 'ConfigRecord':
      return applyConfig(edit, record)
    case 'ProducerIdsRecord':
      return applyProducerIds(edit, record)
    case 'NoOpRecord':
      return
  }
}
