import { zeroUuid } from '../../protocol/codec/uuid.ts'
import type { CoordinatorRecord } from '../records.ts'

/** How far a group has read one partition. */
export type CommittedOffset = {
  readonly offset: number
  /** Of the last record that was read, or -1. */
  readonly leaderEpoch: number
  /** What the consumer wrote beside it. */
  readonly metadata: string
  readonly commitTimestampMs: number
  /** Of clients that say how long it is to be kept (OffsetCommit up to 4); -1 for all others. */
  readonly expireTimestampMs: number
  /** All zeros where it is not known, as in what older Kafkas wrote. */
  readonly topicId: string
}

export type OffsetsOfTopic = ReadonlyMap<number, CommittedOffset>
/** By topic, then by partition. */
export type OffsetsOfGroup = ReadonlyMap<string, OffsetsOfTopic>

type OffsetRecord = Extract<CoordinatorRecord, { type: 'OffsetCommit' }>

/**
 * The offsets that the groups of one partition of `__consumer_offsets` have committed. A group that
 * committed some is known, also once they are gone, until it is removed itself.
 */
export class CommittedOffsets {
  readonly #groups = new Map<string, Map<string, Map<number, CommittedOffset>>>()
  #count = 0

  /** How many there are. */
  get count(): number {
    return this.#count
  }

  /** Groups that committed any. */
  groups(): Iterable<string> {
    return this.#groups.keys()
  }

  has(group: string): boolean {
    return this.#groups.has(group)
  }

  ofGroup(group: string): OffsetsOfGroup {
    return this.#groups.get(group) ?? none
  }

  get(group: string, topic: string, partition: number): CommittedOffset | undefined {
    return this.#groups.get(group)?.get(topic)?.get(partition)
  }

  /** The only way in which they change. */
  replay(record: OffsetRecord): void {
    if (record.value === null) this.#remove(record)
    else this.#set(record, record.value)
  }

  /** A group was removed. What it has left stays: that goes by records of its own. */
  replayRemoval(group: string): void {
    if (this.#groups.get(group)?.size === 0) this.#groups.delete(group)
  }

  #set({ group, topic, partition }: OffsetRecord, value: NonNullable<OffsetRecord['value']>): void {
    const topics = entryOf(this.#groups, group, () => new Map())
    const partitions = entryOf(topics, topic, () => new Map<number, CommittedOffset>())
    if (!partitions.has(partition)) this.#count += 1
    partitions.set(partition, {
      offset: value.offset,
      leaderEpoch: value.leaderEpoch ?? -1,
      metadata: value.metadata,
      commitTimestampMs: value.commitTimestamp,
      expireTimestampMs: value.expireTimestamp ?? -1,
      topicId: shared(partitions, value.topicId ?? zeroUuid),
    })
  }

  #remove({ group, topic, partition }: OffsetRecord): void {
    const topics = this.#groups.get(group)
    const partitions = topics?.get(topic)
    if (topics === undefined || partitions?.delete(partition) !== true) return
    this.#count -= 1
    if (partitions.size === 0) topics.delete(topic)
  }
}

const none: OffsetsOfGroup = new Map()

/** An id as one of the others has it: each record that is read brings a text of its own. */
function shared(others: OffsetsOfTopic, topicId: string): string {
  for (const other of others.values()) return other.topicId === topicId ? other.topicId : topicId
  return topicId
}

function entryOf<V>(map: Map<string, V>, key: string, make: () => V): V {
  let value = map.get(key)
  if (value === undefined) {
    value = make()
    map.set(key, value)
  }
  return value
}
