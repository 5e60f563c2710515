import type { PartitionLog } from '../log/partition-log.ts'
import type { ReplicaLog } from '../replica/replica-log.ts'

/** A log as replication sees it: always as it is now. */
export function replicaLogOf(log: PartitionLog): ReplicaLog {
  return {
    get logStartOffset() {
      return log.logStartOffset
    },
    get logEndOffset() {
      return log.logEndOffset
    },
    get countedEndOffset() {
      return log.config.flush === 'Always' ? log.flushedEndOffset : log.logEndOffset
    },
    get epochs() {
      return log.known?.epochs
    },
  }
}
