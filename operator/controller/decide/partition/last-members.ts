import { type MetadataImage, partitionOf } from '../../../../broker/metadata/image.ts'
import type { PartitionImage } from '../../../../broker/metadata/partition-table.ts'
import type { MetadataRecord } from '../../../../broker/metadata/records.ts'
import type { Entries } from '../../../../broker/protocol/config/topic-values.ts'
import { partitionChange } from './change.ts'
import { noLeader } from './elect.ts'
import { rulesIn } from './rules.ts'

/** Where a replica's log ends, as its broker says while nobody leads the partition. */
export type ReplicaEnd = {
  /** Of the partition, as the broker knows it: an end that was said before somebody led is old. */
  readonly leaderEpoch: number
  /** Of the last record; -1 where there is none. */
  readonly lastEpoch: number
  readonly endOffset: number
}

export type PartitionKey = { readonly topicId: string; readonly partition: number }

/** What a broker said, as the process that it is now. */
export type EndOf = (brokerId: number, of: PartitionKey) => ReplicaEnd | undefined

/** All who may have what was committed have lost their seats: nobody is known to have it. */
function isWithoutSeats({ leader, isr, elr, lastKnownElr }: PartitionImage): boolean {
  return leader === noLeader && isr.length === 0 && elr.length === 0 && lastKnownElr.length > 0
}

/**
 * Elects where all who were in sync or eligible last are there again and have said where their logs
 * end: the one whose log goes furthest has all that any of them has (safety rules, case 3).
 */
export function electFurthest(
  image: MetadataImage,
  asked: Iterable<PartitionKey>,
  { endOf, brokerConfig }: { endOf: EndOf; brokerConfig: Entries },
): MetadataRecord[] {
  const rulesOf = rulesIn(image, { brokerConfig })
  const records: MetadataRecord[] = []
  for (const at of asked) {
    const topic = image.topics.get(at.topicId)
    const partition = partitionOf(image, at)
    if (topic === undefined || partition === undefined || !isWithoutSeats(partition)) continue
    const rules = rulesOf(topic)
    const furthest = furthestOf(partition, (id) => (rules.mayLead(id) ? endOf(id, at) : undefined))
    if (furthest === undefined) continue
    const place = { topicId: at.topicId, partitionId: at.partition }
    const record = partitionChange(place, partition, { furthest }, rules)
    if (record !== undefined) records.push(record)
  }
  return records
}

/** @returns Undefined where somebody was not heard. Of equal logs it is the preferred one's. */
function furthestOf(
  { replicas, lastKnownElr, leaderEpoch }: PartitionImage,
  endOf: (brokerId: number) => ReplicaEnd | undefined,
): number | undefined {
  let best: { id: number; end: ReplicaEnd } | undefined
  for (const id of replicas) {
    if (!lastKnownElr.includes(id)) continue
    const end = endOf(id)
    if (end?.leaderEpoch !== leaderEpoch) return undefined
    if (best === undefined || isFurther(end, best.end)) best = { id, end }
  }
  return best?.id
}

function isFurther(a: ReplicaEnd, b: ReplicaEnd): boolean {
  return a.lastEpoch === b.lastEpoch ? a.endOffset > b.endOffset : a.lastEpoch > b.lastEpoch
}
