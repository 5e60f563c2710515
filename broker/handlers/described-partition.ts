import type { PartitionImage } from '../metadata/partition-table.ts'
import { errorCodes } from '../protocol/generated/error-codes.ts'

/**
 * Who leads and holds a partition, as clients are told.
 *
 * @param alive Brokers that can be dialled: others lead nothing.
 */
export function describedPartition(
  partitionIndex: number,
  { leader, leaderEpoch, replicas, isr }: PartitionImage,
  alive: ReadonlySet<number>,
) {
  const isLed = alive.has(leader)
  return {
    errorCode: isLed ? errorCodes.NONE : errorCodes.LEADER_NOT_AVAILABLE,
    partitionIndex,
    leaderId: isLed ? leader : -1,
    leaderEpoch,
    replicaNodes: replicas,
    isrNodes: isr,
    offlineReplicas: replicas.filter((id) => !alive.has(id)),
  }
}
