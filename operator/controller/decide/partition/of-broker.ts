import type { MetadataImage, TopicImage } from '../../../../broker/metadata/image.ts'
import type { PartitionImage } from '../../../../broker/metadata/partition-table.ts'
import type { MetadataRecord } from '../../../../broker/metadata/records.ts'
import type { Entries } from '../../../../broker/protocol/config/topic-values.ts'
import type { Wish } from './change.ts'
import { partitionChanges } from './changes.ts'
import { noLeader } from './elect.ts'
import { isActive, type RulesOf, rulesIn } from './rules.ts'

/**
 * What a broker does not have any more: what was not flushed, where the power failed; or everything,
 * where it comes with another data directory.
 */
export type Loss = 'nothing' | 'unflushed' | 'everything'

/**
 * Takes from a broker that is gone or about to go all that it leads, and its places in every ISR: of
 * those that are left in sync the next leads. Each election raises the leader epoch, so that what
 * that process still says of itself counts no more.
 *
 * Where it may have lost what was committed it is not eligible to lead either (safety rules, cases 3 and
 * 4), but in topics that flush always before they count a record. Where nobody else has it, the
 * partition stays without a leader: a log that lacks something must not be taken for the one that was there.
 */
export function brokerGone(
  image: MetadataImage,
  { brokerId, loses = 'nothing' }: { brokerId: number; loses?: Loss },
  brokerConfig: Entries,
): MetadataRecord[] {
  const mayLead = (id: number) => id !== brokerId && isActive(image, id)
  const rulesOf = rulesIn(image, { brokerConfig, mayLead })
  return changes(image, brokerId, rulesOf, ({ leader, isr, elr, lastKnownElr }, topic) => {
    const hadSeat = [leader, ...isr, ...elr].includes(brokerId)
    if (loses === 'everything') {
      return hadSeat || lastKnownElr.includes(brokerId) ? { withNothing: [brokerId] } : undefined
    }
    if (loses === 'unflushed' && !rulesOf(topic).flushesAlways) {
      return hadSeat ? { withoutData: [brokerId] } : undefined
    }
    if (leader !== brokerId && !isr.includes(brokerId)) return undefined
    return { isr: isr.filter((id) => id !== brokerId) }
  })
}

/** Gives to a broker that is back what nobody leads and it may: see `elect`. */
export function brokerBack(
  image: MetadataImage,
  brokerId: number,
  brokerConfig: Entries,
): MetadataRecord[] {
  const mayLead = (id: number) => id === brokerId || isActive(image, id)
  const rulesOf = rulesIn(image, { brokerConfig, mayLead })
  return changes(image, brokerId, rulesOf, ({ leader }) => {
    return leader === noLeader ? {} : undefined
  })
}

/** Of partitions that have a replica on the broker. */
function changes(
  image: MetadataImage,
  brokerId: number,
  rulesOf: RulesOf,
  wishOf: (partition: PartitionImage, topic: TopicImage) => Wish | undefined,
): MetadataRecord[] {
  return partitionChanges(image, {
    rulesOf,
    concerns: (partitions, partitionId) => partitions.hasReplica(partitionId, brokerId),
    wishOf,
  })
}
