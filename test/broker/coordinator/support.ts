import { onTestFinished } from 'vitest'
import { coordinatorSettings } from '../../../broker/coordinator/coordinator-settings.ts'
import type { CoordinatorPort } from '../../../broker/coordinator/decision.ts'
import { GroupCoordinator } from '../../../broker/coordinator/group-coordinator.ts'
import type { GroupMembership, GroupState } from '../../../broker/coordinator/membership.ts'
import type { CoordinatorRecord } from '../../../broker/coordinator/records.ts'
import { offsetsTopic } from '../../../broker/metadata/internal-topics.ts'
import type { Partition } from '../../../broker/partition/partition.ts'
import type { KafkaError } from '../../../broker/protocol/errors.ts'
import type { Fields, Logger } from '../../../lib/logger.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { newDisk } from '../log/data-directory/support.ts'
import { uuid } from '../metadata/support.ts'
import { nodeId, startPartitions, type TestPartitions, topicOn } from '../partition/support.ts'
import { noMembership } from './no-membership.ts'

/** What a test says of one group. */
export type Membership = {
  state: GroupState
  protocolType?: string
  subscribed?: string[]
  emptySinceMs?: number
  refusal?: KafkaError
}

/** Stands in for the members of groups: they are as a test says. */
export class StandInMembership implements GroupMembership {
  readonly groups: Map<string, Membership>
  readonly port: CoordinatorPort
  readonly replayed: CoordinatorRecord[] = []
  readonly happened: string[] = []
  readonly #rest = noMembership()
  readonly join = this.#rest.join
  readonly sync = this.#rest.sync
  readonly heartbeat = this.#rest.heartbeat
  readonly leave = this.#rest.leave
  readonly describe = this.#rest.describe

  constructor(port: CoordinatorPort, groups: Map<string, Membership>) {
    this.port = port
    this.groups = groups
  }

  list() {
    const groups = [...this.groups]
      .filter(([, { state }]) => state === 'Empty')
      .map(([groupId, { protocolType = '' }]) => ({ groupId, protocolType, groupState: 'Empty' }))
    return { records: [], response: { throttleTimeMs: 0, errorCode: 0, groups } }
  }

  replay(record: CoordinatorRecord): void {
    this.replayed.push(record)
    if (record.value === null) this.groups.delete(record.group)
  }

  loaded(): void {
    this.happened.push('loaded')
  }

  unload({ code }: KafkaError): void {
    this.happened.push(`unloaded: ${code}`)
  }

  checkCommit(group: string): void {
    const { refusal } = this.groups.get(group) ?? {}
    if (refusal !== undefined) throw refusal
  }

  stateOf(group: string): GroupState {
    return this.groups.get(group)?.state ?? 'Unknown'
  }

  isSubscribed(group: string, topic: string): boolean {
    return this.groups.get(group)?.subscribed?.includes(topic) === true
  }

  protocolType(group: string): string | null {
    return this.groups.get(group)?.protocolType ?? null
  }

  emptySinceMs(group: string): number | null {
    return this.groups.get(group)?.emptySinceMs ?? null
  }

  remove(group: string): CoordinatorRecord[] {
    return [{ type: 'GroupMetadata', group, value: null }]
  }
}

export type TestGroups = {
  readonly partitions: TestPartitions
  readonly coordinator: GroupCoordinator
  readonly clock: ManualClock
  readonly log: TestLog
  /** By group, for all partitions. */
  readonly groups: Map<string, Membership>
  /** One for each time that a partition was begun with. */
  readonly memberships: StandInMembership[]
  readonly fatal: unknown[]
  /** Of `__consumer_offsets`. */
  partition(index?: number): Partition
}

/** The groups of one broker, whose partitions lie on a simulated disk. */
export async function startGroups({
  disk = newDisk(),
  entries = new Map<string, string>(),
}: {
  disk?: ReturnType<typeof newDisk>
  entries?: ReadonlyMap<string, string>
} = {}): Promise<TestGroups> {
  const clock = new ManualClock()
  const log = new TestLog()
  const partitions = await startPartitions({ disk, entries })
  const memberships: StandInMembership[] = []
  const fatal: unknown[] = []
  const groups = new Map<string, Membership>()
  const coordinator = new GroupCoordinator({
    nodeId,
    partitions: partitions.partitions,
    clock,
    log,
    settings: coordinatorSettings(entries),
    makeMembership(port) {
      const membership = new StandInMembership(port, groups)
      memberships.push(membership)
      return membership
    },
    onFatal: (error) => void fatal.push(error),
  })
  onTestFinished(() => coordinator.stop())
  partitions.onImage = (changes, image) => coordinator.apply(changes, image)
  const partition = (index = 0) =>
    partitions.partitions.leaderOf({ topicId: offsetsTopicId, name: offsetsTopic }, index)
  return { partitions, coordinator, clock, log, groups, memberships, fatal, partition }
}

export const offsetsTopicId = uuid(50)

/** `__consumer_offsets`, of one partition if nothing else is said. */
export function offsetsTopicOn({ leader = nodeId, count = 1 } = {}) {
  return topicOn(offsetsTopic, offsetsTopicId, { leader, count })
}

/** Keeps what was said. */
export class TestLog implements Logger {
  readonly level = 'info'
  readonly lines: { message: string; fields: Fields | undefined }[] = []

  debug(): void {}

  info(message: string, fields?: Fields): void {
    this.#note(message, fields)
  }

  warn(message: string, fields?: Fields): void {
    this.#note(message, fields)
  }

  error(message: string, fields?: Fields): void {
    this.#note(message, fields)
  }

  child(): Logger {
    return this
  }

  #note(message: string, fields?: Fields): void {
    this.lines.push({ message, fields })
  }
}

type Committed = {
  topic?: string
  partition?: number
  topicId?: string
  commitTimestamp?: number
  expireTimestamp?: number
}

/** The record of an offset that somebody committed. */
export function offsetRecord(
  group: string,
  offset: number,
  more: Committed = {},
): CoordinatorRecord {
  const { topic = 'orders', partition = 0, commitTimestamp = 1_000_000, ...rest } = more
  const value = { offset, metadata: '', commitTimestamp, ...rest }
  return { type: 'OffsetCommit', group, topic, partition, value }
}
