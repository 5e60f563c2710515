import type { MetadataImage } from '../../../broker/metadata/image.ts'
import { type MetadataRecord, metadataRecord } from '../../../broker/metadata/records.ts'
import type { Assignment } from './assignments.ts'
import { noLeader } from './partition/elect.ts'

/** A request for more is refused, as in Kafka (MAX_PARTITIONS_PER_BATCH). */
export const maxNewPartitions = 10_000

/** New partitions of a topic, from partition `first` on. Who is fenced does not lead yet. */
export function partitionRecords(
  { brokers }: MetadataImage,
  about: { topicId: string; first: number; leaderEpoch: number },
  assignment: Assignment,
): MetadataRecord[] {
  return assignment.map((replicas, index) => {
    const isr = replicas.filter((id) => brokers.get(id)?.fenced === false)
    return metadataRecord('PartitionRecord', {
      topicId: about.topicId,
      partitionId: about.first + index,
      replicas: [...replicas],
      isr,
      addingReplicas: [],
      removingReplicas: [],
      leader: isr[0] ?? noLeader,
      leaderEpoch: about.leaderEpoch,
      partitionEpoch: 0,
    })
  })
}
