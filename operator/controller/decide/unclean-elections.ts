import { applyRecords } from '../../../broker/metadata/apply.ts'
import { recoveryStates } from '../../../broker/metadata/apply-topics.ts'
import { configOf, type MetadataImage, type TopicImage } from '../../../broker/metadata/image.ts'
import type { PartitionImage } from '../../../broker/metadata/partition-table.ts'
import { type MetadataRecord, metadataRecord } from '../../../broker/metadata/records.ts'
import { configTypes } from '../../../broker/protocol/config/resource-types.ts'
import { type Entries, parseTopicConfig } from '../../../broker/protocol/config/topic-values.ts'
import { brokerLayers } from './config-values.ts'
import type { Decision } from './decision.ts'

const setting = 'unclean.leader.election.enable'

/** Nobody is left who is known to have all that was committed. */
export function isWithoutData({ leader, isr, elr }: PartitionImage): boolean {
  return leader < 0 && isr.length === 0 && elr.length === 0
}

/**
 * Elects a broker for partitions that are without their data, where their topic says to go on with
 * what there is. Acknowledged records may be lost by that; nothing else brings such a partition back.
 */
export function uncleanElections(
  image: MetadataImage,
  topic: TopicImage,
  about: { isThere: (brokerId: number) => boolean; brokerConfig: Entries },
): MetadataRecord[] {
  const records: MetadataRecord[] = []
  const { partitions, id: topicId } = topic
  for (let partitionId = 0; partitionId < partitions.count; partitionId++) {
    if (partitions.leader(partitionId) >= 0) continue
    const partition = partitions.at(partitionId)
    const leader = partition.replicas.find(about.isThere)
    if (leader === undefined || !isWithoutData(partition)) continue
    if (!mayBeUnclean(image, topic, about.brokerConfig)) return []
    const leaderRecoveryState = recoveryStates.indexOf('RECOVERING')
    const change = { topicId, partitionId, leader, isr: [leader], leaderRecoveryState }
    records.push(metadataRecord('PartitionChangeRecord', change))
  }
  return records
}

/** With the elections that follow where settings are altered to allow them. */
export function withElections<T>(
  image: MetadataImage,
  { records, response }: Decision<T>,
  brokerConfig: Entries,
): Decision<T> {
  const isAbout = records.some((one) => one.type === 'ConfigRecord' && one.name === setting)
  if (!isAbout) return { records, response }
  const after = applyRecords(image, records)
  const isThere = (brokerId: number) => after.brokers.get(brokerId)?.fenced === false
  const about = { isThere, brokerConfig }
  const elected = Array.from(after.topics.values(), (topic) =>
    uncleanElections(after, topic, about),
  )
  return { records: [...records, ...elected.flat()], response }
}

function mayBeUnclean(image: MetadataImage, { name }: TopicImage, brokerConfig: Entries): boolean {
  const own = configOf(image, { type: configTypes.topic, name })
  return parseTopicConfig(own, brokerLayers(image, brokerConfig))[setting].value
}
