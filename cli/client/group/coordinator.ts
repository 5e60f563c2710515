import type { RequestInputOf, ResponseOf } from '../../../broker/protocol/apis.ts'
import type { Clock } from '../../../lib/clock.ts'
import { BrokerConnection } from '../broker-connection.ts'
import { answerError, TransientError } from '../client-error.ts'
import type { Cluster } from '../cluster.ts'
import type { SpokenApi } from '../versions.ts'
import type { Subscriber } from './assign-range.ts'
import { partitionsOf, subscriptionTo, topicsOf } from './consumer-protocol.ts'
import type { Membership } from './membership.ts'

type Options = {
  readonly cluster: Cluster
  readonly clock: Clock
  readonly group: string
  readonly topic: string
}

type Member = Pick<Membership, 'memberId' | 'generationId'>

export type Joined = {
  readonly errorCode: number
  readonly memberId: string
  readonly generationId: number
  /** Of the whole group, for the member that is to share out the partitions: its leader. */
  readonly subscribers: readonly Subscriber[] | undefined
}

/**
 * What a member asks of the broker that coordinates its group. A connection of its own: JoinGroup is
 * answered when the others have joined, and what is asked behind it waits.
 *
 * Each method throws NetworkError and TransientError; codes of the group come back.
 */
export class Coordinator {
  private readonly options: Options
  private connection: BrokerConnection | undefined

  constructor(options: Options) {
    this.options = options
  }

  get isFound(): boolean {
    return this.connection?.isClosed === false
  }

  /** @throws {ClientError} There can be none for this group. */
  async find(): Promise<void> {
    this.close()
    const { cluster, clock, group } = this.options
    const { errorCode, host, port } = await cluster.ask('FindCoordinator', { key: group })
    if (errorCode !== 0) throw answerError(errorCode, `group '${group}'`)
    this.connection = await BrokerConnection.open({ host, port }, clock)
  }

  /** Who waits for an answer hears that the connection is closed. */
  close(): void {
    this.connection?.close()
    this.connection = undefined
  }

  async join(memberId: string): Promise<Joined> {
    const { group, topic } = this.options
    const protocols = [{ name: 'range', metadata: subscriptionTo([topic]) }]
    const times = { sessionTimeoutMs, rebalanceTimeoutMs }
    const request = { groupId: group, ...times, memberId, protocolType: 'consumer', protocols }
    const joined = await this.request('JoinGroup', request, rebalanceTimeoutMs + 5_000)
    const isLeader = joined.errorCode === 0 && joined.leader === joined.memberId
    const subscribers = joined.members.map((one) => ({ ...one, topics: topicsOf(one.metadata) }))
    const { errorCode, generationId } = joined
    const whole = isLeader ? subscribers : undefined
    return { errorCode, memberId: joined.memberId, generationId, subscribers: whole }
  }

  /** @param assigned Of the leader, by member id. @returns Which partitions are the member's. */
  async sync(
    member: Member,
    assigned: ReadonlyMap<string, Uint8Array>,
  ): Promise<{ errorCode: number; partitions: number[] }> {
    const assignments = [...assigned].map(([memberId, assignment]) => ({ memberId, assignment }))
    const protocol = { protocolType: 'consumer', protocolName: 'range' }
    const request = { ...this.identity(member), ...protocol, assignments }
    const { errorCode, assignment } = await this.request('SyncGroup', request)
    const partitions = errorCode === 0 ? partitionsOf(assignment, this.options.topic) : []
    return { errorCode, partitions }
  }

  async heartbeat(member: Member): Promise<number> {
    return (await this.request('Heartbeat', this.identity(member))).errorCode
  }

  /** What the group has committed, by partition. */
  async committed(
    partitions: readonly number[],
  ): Promise<{ errorCode: number; offsets: Map<number, number> }> {
    const { group, topic } = this.options
    const topics = [{ name: topic, partitionIndexes: [...partitions] }]
    // A transaction that is about to commit offsets of this group is waited for (KIP-447).
    const requireStable = this.opened.versionOf('OffsetFetch') >= 7
    const answer = await this.request('OffsetFetch', {
      groupId: group,
      topics,
      requireStable,
      groups: [],
    })
    const found = answer.topics[0]?.partitions ?? []
    const failed = found.find((one) => one.errorCode !== 0)
    const offsets = found.flatMap(({ partitionIndex, committedOffset }) => {
      return committedOffset < 0 ? [] : [[partitionIndex, committedOffset] as const]
    })
    return { errorCode: answer.errorCode || (failed?.errorCode ?? 0), offsets: new Map(offsets) }
  }

  /** @param offsets By partition: those that come next. */
  async commit(member: Member, offsets: ReadonlyMap<number, number>): Promise<number> {
    const { group, topic } = this.options
    const partitions = [...offsets].map(([partitionIndex, committedOffset]) => {
      return { partitionIndex, committedOffset, committedMetadata: '' }
    })
    const { topics } = await this.request('OffsetCommit', {
      groupId: group,
      memberId: member.memberId,
      generationIdOrMemberEpoch: member.generationId,
      topics: [{ name: topic, partitions }],
    })
    return topics[0]?.partitions.find(({ errorCode }) => errorCode !== 0)?.errorCode ?? 0
  }

  async leave(memberId: string): Promise<void> {
    await this.request('LeaveGroup', { groupId: this.options.group, memberId, members: [] })
  }

  private identity({ memberId, generationId }: Member) {
    return { groupId: this.options.group, memberId, generationId }
  }

  private get opened(): BrokerConnection {
    if (this.connection === undefined) throw new TransientError('there is no coordinator')
    return this.connection
  }

  private request<N extends SpokenApi>(
    name: N,
    body: RequestInputOf<N>,
    timeoutMs?: number,
  ): Promise<ResponseOf<N>> {
    return this.opened.request(name, body, timeoutMs)
  }
}

/**
 * session.timeout.ms. Kafka's consumers have 45 s, for long pauses of collectors; one at a terminal
 * that was killed is better missed sooner.
 */
const sessionTimeoutMs = 10_000
/** max.poll.interval.ms of Kafka's consumers: how long a rebalance waits for members that live. */
const rebalanceTimeoutMs = 300_000
