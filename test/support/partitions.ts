import type { PartitionImage } from '../../broker/metadata/partition-table.ts'

/** Three replicas in sync, of which broker 1 leads in epoch 5. */
export const ledByOne: PartitionImage = {
  replicas: [1, 2, 3],
  isr: [1, 2, 3],
  elr: [],
  lastKnownElr: [],
  addingReplicas: [],
  removingReplicas: [],
  leader: 1,
  leaderEpoch: 5,
  partitionEpoch: 0,
  leaderRecoveryState: 'RECOVERED',
}
