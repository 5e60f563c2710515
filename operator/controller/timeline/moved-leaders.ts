import { noLeaderChange } from '../../../broker/metadata/apply-topics.ts'
import type { MetadataImage } from '../../../broker/metadata/image.ts'
import type { MetadataRecord } from '../../../broker/metadata/records.ts'
import { noLeader } from '../decide/partition/elect.ts'
import { type GoneWord, triggerOf } from '../history/triggers.ts'

/** What the records about one broker that is gone say of partitions it led. */
export type MovedLeaders = {
  readonly brokerId: number
  readonly cause: GoneWord
  /** Of its first record. */
  readonly offset: number
  /** Behind its last. */
  readonly endOffset: number
  readonly partitions: number
  readonly leaderless: number
  /** Who leads some of them now. */
  readonly leaders: ReadonlySet<number>
}

/**
 * Who is gone by one decision, and what comes of that: its records begin with the one about the broker.
 * Who led nothing has no partitions.
 *
 * @param offset Of the first record.
 */
export function movedLeaders(
  records: readonly MetadataRecord[],
  { image, offset }: { image: MetadataImage; offset: number },
): MovedLeaders[] {
  const all: Counted[] = []
  for (const [index, record] of records.entries()) {
    const trigger = triggerOf(record, (brokerId) => image.brokers.get(brokerId))
    if (trigger?.type === 'gone') all.push(countedFrom(offset + index, trigger))
    const last = all.at(-1)
    if (last === undefined || record.type !== 'PartitionChangeRecord') continue
    last.endOffset = offset + index + 1
    if (record.leader === noLeaderChange) continue
    last.partitions++
    if (record.leader === noLeader) last.leaderless++
    else last.leaders.add(record.leader)
  }
  return all
}

type Counted = Pick<MovedLeaders, 'brokerId' | 'cause' | 'offset'> & {
  endOffset: number
  partitions: number
  leaderless: number
  readonly leaders: Set<number>
}

function countedFrom(
  offset: number,
  { brokerId, word: cause }: { brokerId: number; word: GoneWord },
): Counted {
  const none = { partitions: 0, leaderless: 0, leaders: new Set<number>() }
  return { brokerId, cause, offset, endOffset: offset + 1, ...none }
}
