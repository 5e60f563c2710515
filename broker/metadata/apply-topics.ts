import { configTypes } from '../protocol/config/resource-types.ts'
import { configKey, type TopicOwner } from './image.ts'
import { type ImageEdit, inconsistent, type TopicEdit } from './image-edit.ts'
import { noPartitions, type PartitionImage } from './partition-table.ts'
import type { MetadataRecord } from './records.ts'

export function addTopic(edit: ImageEdit, record: MetadataRecord<'TopicRecord'>): void {
  const { name, topicId: id } = record
  if (edit.topic(id) !== undefined) throw inconsistent(`topic ${id} is there twice`)
  const other = edit.topicIds.get(name)
  if (other !== undefined) throw inconsistent(`topic ${name} is there as ${other} and as ${id}`)
  edit.addTopic({ id, name, owner: undefined, partitions: noPartitions.edit() })
}

/** Partitions of a topic come in the order of their numbers. */
export function addPartition(edit: ImageEdit, record: MetadataRecord<'PartitionRecord'>): void {
  const { partitions, name } = topicOf(edit, record.topicId)
  const { partitionId } = record
  if (partitionId !== partitions.count) {
    throw inconsistent(`partition ${name}-${partitionId} comes where ${partitions.count} is next`)
  }
  refuseDirectories(record.directories, `${name}-${partitionId}`)
  partitions.set(partitionId, {
    replicas: record.replicas,
    isr: record.isr,
    elr: record.eligibleLeaderReplicas ?? [],
    lastKnownElr: record.lastKnownElr ?? [],
    addingReplicas: record.addingReplicas,
    removingReplicas: record.removingReplicas,
    leader: record.leader,
    leaderEpoch: record.leaderEpoch,
    partitionEpoch: record.partitionEpoch,
    leaderRecoveryState: recoveryStateOf(record.leaderRecoveryState),
  })
}

/**
 * What the record leaves out stays. As in Kafka, the partition epoch goes up by one with every such
 * record, and the leader epoch with every one that names a leader, even the same or none (-1).
 */
export function changePartition(
  edit: ImageEdit,
  record: MetadataRecord<'PartitionChangeRecord'>,
): void {
  const { partitions, name } = topicOf(edit, record.topicId)
  const { partitionId } = record
  if (partitionId < 0 || partitionId >= partitions.count) {
    throw inconsistent(`there is no partition ${name}-${partitionId} to be changed`)
  }
  refuseDirectories(record.directories ?? [], `${name}-${partitionId}`)
  const before = partitions.at(partitionId)
  const elects = record.leader !== noLeaderChange
  partitions.set(partitionId, {
    replicas: record.replicas ?? before.replicas,
    isr: record.isr ?? before.isr,
    elr: record.eligibleLeaderReplicas ?? before.elr,
    lastKnownElr: record.lastKnownElr ?? before.lastKnownElr,
    addingReplicas: record.addingReplicas ?? before.addingReplicas,
    removingReplicas: record.removingReplicas ?? before.removingReplicas,
    leader: elects ? record.leader : before.leader,
    leaderEpoch: elects ? before.leaderEpoch + 1 : before.leaderEpoch,
    partitionEpoch: before.partitionEpoch + 1,
    leaderRecoveryState:
      record.leaderRecoveryState === noRecoveryChange
        ? before.leaderRecoveryState
        : recoveryStateOf(record.leaderRecoveryState),
  })
}

/** Its settings go with it, as in Kafka. Who has data of it may delete that now. */
export function removeTopic(edit: ImageEdit, record: MetadataRecord<'RemoveTopicRecord'>): void {
  const topic = topicOf(edit, record.topicId)
  const { id, name, partitions } = topic
  let leaderEpoch = -1
  for (let partition = 0; partition < partitions.count; partition++) {
    leaderEpoch = Math.max(leaderEpoch, partitions.at(partition).leaderEpoch)
  }
  edit.removeTopic(topic)
  edit.configs.delete(configKey({ type: configTypes.topic, name }))
  edit.rememberRemoved({ id, name, leaderEpoch })
}

export function rememberRemovedTopic(
  edit: ImageEdit,
  { topicId: id, name, leaderEpoch }: MetadataRecord<'RemovedTopicRecord'>,
): void {
  edit.rememberRemoved({ id, name, leaderEpoch })
}

export function applyOwner(edit: ImageEdit, record: MetadataRecord<'TopicOwnerRecord'>): void {
  const topic = topicOf(edit, record.topicId)
  const origin = topicOrigins[record.origin]
  if (origin === undefined) throw inconsistent(`${topic.name} has origin ${record.origin}`)
  topic.owner = { origin, resourceUid: record.resourceUid }
}

/** By their number in TopicOwnerRecord. */
export const topicOrigins: readonly TopicOwner['origin'][] = ['resource', 'protocol', 'internal']

/** By their number in Kafka's records. */
export const recoveryStates: readonly PartitionImage['leaderRecoveryState'][] = [
  'RECOVERED',
  'RECOVERING',
]

/** Of a `PartitionChangeRecord` that leaves the leader alone. */
export const noLeaderChange = -2
const noRecoveryChange = -1

function recoveryStateOf(number: number): PartitionImage['leaderRecoveryState'] {
  const state = recoveryStates[number]
  if (state === undefined) throw inconsistent(`there is no leader recovery state ${number}`)
  return state
}

function topicOf(edit: ImageEdit, id: string): TopicEdit {
  const topic = edit.topic(id)
  if (topic === undefined) throw inconsistent(`there is no topic ${id}`)
  return topic
}

/** A broker has one data directory here; what the image has no place for is never dropped. */
function refuseDirectories(directories: readonly string[], of: string): void {
  if (directories.length > 0) throw inconsistent(`${of} names directories of its replicas`)
}
