import type { MetadataImage } from '../../../../broker/metadata/image.ts'
import type { PartitionImage } from '../../../../broker/metadata/partition-table.ts'
import type { MetadataRecord } from '../../../../broker/metadata/records.ts'
import type { Entries } from '../../../../broker/protocol/config/topic-values.ts'
import type { Wish } from './change.ts'
import { partitionChanges } from './changes.ts'
import { noLeader } from './elect.ts'
import { isActive, rulesIn } from './rules.ts'

/**
 * Takes from a broker that is gone or about to go all that it leads, and its places in every ISR: of
 * those that are left in sync the next leads. Each election raises the leader epoch, so that what
 * that process still says of itself counts no more.
 */
export function brokerGone(
  image: MetadataImage,
  brokerId: number,
  brokerConfig: Entries,
): MetadataRecord[] {
  const mayLead = (id: number) => id !== brokerId && isActive(image, id)
  return changes(image, brokerId, { brokerConfig, mayLead }, ({ isr, leader }) => {
    if (leader !== brokerId && !isr.includes(brokerId)) return undefined
    return { isr: others(isr, brokerId) }
  })
}

/**
 * The same for one that comes without the data it had: it is not eligible to lead either, for it is not
 * known to have anything that was committed (safety rules, case 4). Where nobody else has, the
 * partition stays without a leader: an empty log must not be taken for the one that was there.
 */
export function dataGone(
  image: MetadataImage,
  brokerId: number,
  brokerConfig: Entries,
): MetadataRecord[] {
  const mayLead = (id: number) => id !== brokerId && isActive(image, id)
  return changes(image, brokerId, { brokerConfig, mayLead }, ({ isr, elr, leader }) => {
    if (![leader, ...isr, ...elr].includes(brokerId)) return undefined
    return { withoutData: [brokerId] }
  })
}

/** Gives to a broker that is back what nobody leads and it may: see `elect`. */
export function brokerBack(
  image: MetadataImage,
  brokerId: number,
  brokerConfig: Entries,
): MetadataRecord[] {
  const mayLead = (id: number) => id === brokerId || isActive(image, id)
  return changes(image, brokerId, { brokerConfig, mayLead }, ({ leader }) => {
    return leader === noLeader ? {} : undefined
  })
}

/** Of partitions that have a replica on the broker. */
function changes(
  image: MetadataImage,
  brokerId: number,
  about: { brokerConfig: Entries; mayLead: (id: number) => boolean },
  wishOf: (partition: PartitionImage) => Wish | undefined,
): MetadataRecord[] {
  return partitionChanges(image, {
    rulesOf: rulesIn(image, about),
    concerns: (partitions, partitionId) => partitions.hasReplica(partitionId, brokerId),
    wishOf,
  })
}

function others(ids: readonly number[], brokerId: number): number[] {
  return ids.filter((id) => id !== brokerId)
}
