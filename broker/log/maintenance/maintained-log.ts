import type { TopicPartition } from '../data-directory/partition-name.ts'
import type { PartitionLog } from '../partition-log.ts'

/** A log that is looked after, and what only its partition knows. Offsets are exclusive ends. */
export type MaintainedLog = {
  readonly log: PartitionLog
  readonly partition: TopicPartition
  /** Nothing behind it is removed. */
  highWatermark(): number
  /** First offset of an open transaction, or the high watermark: nothing behind it is compacted. */
  lastStableOffset(): number
}

/** Something that went wrong where nobody waits for it. */
export type Failure = {
  readonly work: 'flush' | 'retention' | 'compaction' | 'checkpoints'
  /** Undefined for what concerns the whole data directory. */
  readonly log?: PartitionLog
  /**
   * A StorageError if the log is offline now or the data directory cannot be written; a KafkaError
   * for a damaged batch. Anything else is our own mistake, on which the process should end.
   */
  readonly error: unknown
}

/** The owner of the work. It may not throw. */
export type Report = (failure: Failure) => void
