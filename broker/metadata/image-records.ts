import { recoveryStates, topicOrigins } from './apply-topics.ts'
import type { BrokerImage, ConfigImage, MetadataImage, TopicImage } from './image.ts'
import { type MetadataRecord, metadataRecord } from './records.ts'

/**
 * Records that make this image out of the empty one: what a snapshot holds. Equal images give the
 * same records in the same order, whatever their history. Not all at once: 10,000 topics are
 * 130,000 records.
 */
export function* recordsOf(image: MetadataImage): Generator<MetadataRecord> {
  yield* clusterRecords(image)
  for (const broker of sorted(image.brokers.values(), ({ id }) => id)) yield brokerRecord(broker)
  yield* historyRecords(image)
  for (const [, id] of sorted(image.topicIds, ([name]) => name)) {
    yield* topicRecords(image.topics.get(id) as TopicImage)
  }
  for (const [, config] of sorted(image.configs, ([key]) => key)) yield* configRecords(config)
}

/** What is said once for all. The metadata version is first: it says how the rest is read. */
export function* clusterRecords(image: MetadataImage): Generator<MetadataRecord> {
  const { clusterId, highestBrokerEpoch, nextProducerId } = image
  const features = sorted(image.features, ([name]) => (name === 'metadata.version' ? '' : name))
  for (const [name, featureLevel] of features) {
    yield metadataRecord('FeatureLevelRecord', { name, featureLevel })
  }
  if (clusterId !== undefined) yield metadataRecord('ClusterRecord', { clusterId })
  if (highestBrokerEpoch >= 0) {
    yield metadataRecord('BrokerEpochRecord', { brokerEpoch: highestBrokerEpoch })
  }
  if (nextProducerId > 0) {
    yield metadataRecord('ProducerIdsRecord', { brokerId: -1, brokerEpoch: -1, nextProducerId })
  }
}

/** What is remembered of before, in its order. */
export function* historyRecords(image: MetadataImage): Generator<MetadataRecord> {
  for (const epoch of image.controllerEpochs) yield metadataRecord('ControllerEpochRecord', epoch)
  for (const { id: topicId, name, leaderEpoch } of image.removedTopics) {
    yield metadataRecord('RemovedTopicRecord', { topicId, name, leaderEpoch })
  }
}

export function brokerRecord(broker: BrokerImage): MetadataRecord {
  return metadataRecord('RegisterBrokerRecord', {
    brokerId: broker.id,
    brokerEpoch: broker.epoch,
    incarnationId: broker.incarnationId,
    endPoints: sorted(broker.endpoints, ([name]) => name).map(([name, endpoint]) => {
      return { name, ...endpoint }
    }),
    features: sorted(broker.features, ([name]) => name).map(([name, { min, max }]) => {
      return { name, minSupportedVersion: min, maxSupportedVersion: max }
    }),
    rack: broker.rack,
    fenced: broker.fenced,
    inControlledShutdown: broker.inControlledShutdown,
    logDirs: broker.directoryIds,
  })
}

export function* topicRecords({
  id: topicId,
  name,
  owner,
  partitions,
}: TopicImage): Generator<MetadataRecord> {
  yield metadataRecord('TopicRecord', { name, topicId })
  if (owner !== undefined) {
    const { resourceUid } = owner
    const origin = topicOrigins.indexOf(owner.origin)
    yield metadataRecord('TopicOwnerRecord', { topicId, origin, resourceUid })
  }
  for (let partitionId = 0; partitionId < partitions.count; partitionId++) {
    const { elr, lastKnownElr, leaderRecoveryState, ...partition } = partitions.at(partitionId)
    yield metadataRecord('PartitionRecord', {
      topicId,
      partitionId,
      ...partition,
      leaderRecoveryState: recoveryStates.indexOf(leaderRecoveryState),
      eligibleLeaderReplicas: elr.length === 0 ? null : elr,
      lastKnownElr: lastKnownElr.length === 0 ? null : lastKnownElr,
    })
  }
}

export function* configRecords({ resource, values }: ConfigImage): Generator<MetadataRecord> {
  for (const [name, value] of sorted(values, ([name]) => name)) {
    const { type: resourceType, name: resourceName } = resource
    yield metadataRecord('ConfigRecord', { resourceType, resourceName, name, value })
  }
}

function sorted<T>(values: Iterable<T>, by: (value: T) => string | number): T[] {
  return [...values].sort((a, b) => {
    const left = by(a)
    const right = by(b)
    return left < right ? -1 : left > right ? 1 : 0
  })
}
