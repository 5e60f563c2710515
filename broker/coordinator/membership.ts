import type { RequestOf, ResponseInputOf } from '../protocol/apis.ts'
import type { KafkaError } from '../protocol/errors.ts'
import type { Decision } from './decision.ts'
import type { CoordinatorRecord } from './records.ts'

/** Who sent a request, and in which version. */
export type Client = {
  readonly clientId: string
  /** As Kafka's tools show it: `/127.0.0.1`. */
  readonly clientHost: string
  readonly version: number
}

/** A member that commits offsets, or who does without being one: generation -1, and no names. */
export type CommittingMember = {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly generationId: number
}

/** Unknown: nothing is kept of its membership. It may have offsets all the same. */
export type GroupState =
  | 'Unknown'
  | 'Empty'
  | 'PreparingRebalance'
  | 'CompletingRebalance'
  | 'Stable'
  | 'Dead'

type Decide<N extends 'JoinGroup' | 'SyncGroup' | 'Heartbeat' | 'LeaveGroup'> = (
  request: RequestOf<N>,
  client: Client,
) => Decision<ResponseInputOf<N>>

/**
 * The members of the groups of one partition of `__consumer_offsets`. It decides and does nothing
 * else: its records are appended, and replayed, by who asks it.
 */
export type GroupMembership = {
  readonly join: Decide<'JoinGroup'>
  readonly sync: Decide<'SyncGroup'>
  readonly heartbeat: Decide<'Heartbeat'>
  readonly leave: Decide<'LeaveGroup'>
  readonly describe: (
    request: RequestOf<'DescribeGroups'>,
    client: Pick<Client, 'version'>,
  ) => Decision<ResponseInputOf<'DescribeGroups'>>
  list(request: RequestOf<'ListGroups'>): Decision<ResponseInputOf<'ListGroups'>>

  /** The only thing that changes what is persisted. */
  replay(record: Extract<CoordinatorRecord, { type: 'GroupMetadata' }>): void
  /** All of the log was replayed: from now on members have to be heard of. */
  loaded(): void
  /** It is not led here any more: who waits hears it, and no timer goes off again. */
  unload(error: KafkaError): void

  /**
   * Whether a member may commit; counts as a heartbeat where it does in Kafka. Who is no member may
   * where there are none.
   *
   * @throws {KafkaError} UNKNOWN_MEMBER_ID, ILLEGAL_GENERATION, REBALANCE_IN_PROGRESS,
   *   FENCED_INSTANCE_ID
   */
  checkCommit(group: string, member: CommittingMember): void
  stateOf(group: string): GroupState
  /** By what the members of a group of consumers subscribed to; false for groups of other types. */
  isSubscribed(group: string, topic: string): boolean
  /** Null for one that has none, or is not known. */
  protocolType(group: string): string | null
  /** Since when it has no members, or null where nobody noted it. */
  emptySinceMs(group: string): number | null
  /** What takes an empty group away. */
  remove(group: string): readonly CoordinatorRecord[]
}
