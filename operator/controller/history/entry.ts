import type { PartitionImage } from '../../../broker/metadata/partition-table.ts'

/** What one record of the metadata log changed of a topic, and why. */
export type HistoryEntry = TopicEntry | PartitionEntry

/** Where it is in the log, when it was written, and which controller decided it. */
export type Moment = {
  readonly offset: number
  readonly timestampMs: number
  readonly controllerEpoch: number
}

type Entry = Moment & {
  /** One that was removed and made again under its name is another topic. */
  readonly topicId: string
  readonly cause: Cause
}

/** Of the topic as a whole. */
export type TopicEntry = Entry & {
  readonly partition: undefined
  readonly changes: readonly TopicChange[]
}

export type PartitionEntry = Entry & {
  readonly partition: number
  /** As it is from then on. */
  readonly partitionEpoch: number
  readonly changes: readonly PartitionChange[]
}

export type TopicChange =
  | { readonly what: 'created' | 'removed' }
  /** Null: what holds where nothing is set. */
  | {
      readonly what: 'setting'
      readonly name: string
      readonly from: string | null
      readonly to: string | null
    }

/** Lists are broker ids. What a partition was before it was made: see `unborn`. */
export type PartitionChange =
  /** -1: nobody leads. The epoch is the one from then on; it goes up where the same one leads on, too. */
  | {
      readonly what: 'leader'
      readonly from: number
      readonly to: number
      readonly leaderEpoch: number
    }
  | {
      readonly what: ListName
      readonly from: readonly number[]
      readonly to: readonly number[]
    }
  | {
      readonly what: 'move'
      readonly phase: MovePhase
      readonly addingReplicas: readonly number[]
      readonly removingReplicas: readonly number[]
    }
  | {
      readonly what: 'leaderRecoveryState'
      readonly from: PartitionImage['leaderRecoveryState']
      readonly to: PartitionImage['leaderRecoveryState']
    }

export type ListName = 'replicas' | 'isr' | 'elr' | 'lastKnownElr'

/** `redirected`: it goes on, to other brokers. */
export type MovePhase = 'begun' | 'redirected' | 'ended' | 'takenBack'

export type Cause = {
  readonly word: CauseWord
  /** Whom it is about, if it is about one broker. */
  readonly brokerId?: number
  /** In words for who runs the cluster. */
  readonly sentence: string
}

/** Stable, since people look for them. */
export type CauseWord =
  | 'Created'
  | 'PartitionsAdded'
  | 'Removed'
  | 'SettingsChanged'
  | 'BrokerFenced' // it is gone, or was not heard of in time
  | 'BrokerUnfenced' // it is there again, and nobody led
  | 'ControlledShutdown' // it was asked to stop
  | 'BrokerRegistered' // another process of it came, with all that it had
  | 'UnflushedLost' // another process of it came, and may lack what was not flushed
  | 'DataLost' // it came with another data directory
  | 'IsrShrunk' // the leader said so, and the three that follow
  | 'IsrGrown'
  | 'IsrChanged'
  | 'Recovered'
  | 'Moved'
  | 'PreferredElection'
  | 'ElectionAsked' // where nobody led
  | 'UncleanElection' // acknowledged records may be lost
  | 'LastMemberElected' // nobody was known to have all; one of those who were in sync last leads
  | 'Unknown' // the log does not say
