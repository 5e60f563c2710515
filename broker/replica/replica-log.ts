import type { LeaderEpochs } from '../log/leader-epochs.ts'

/** What replication has to know of the log of this replica. Ends are exclusive. */
export type ReplicaLog = {
  readonly logStartOffset: number
  readonly logEndOffset: number
  /**
   * All before it is had by this replica, as its topic means it: its flushed end where `kavka.flush` is
   * `Always`, else its log end (safety rule 5).
   */
  readonly countedEndOffset: number
  /** Undefined before the first batch. */
  readonly epochs: EpochHistory | undefined
}

/** Which leader epochs the batches of a log are of, and where each ends. */
export type EpochHistory = Pick<LeaderEpochs, 'latest' | 'endOffsetFor'>
