import { applyRecords } from '../../../broker/metadata/apply.ts'
import type { MetadataImage } from '../../../broker/metadata/image.ts'
import type { PartitionImage } from '../../../broker/metadata/partition-table.ts'
import type { MetadataRecord } from '../../../broker/metadata/records.ts'
import type { Entries } from '../../../broker/protocol/config/topic-values.ts'
import type { Decision } from './decision.ts'
import { partitionChanges } from './partition/changes.ts'
import { noLeader } from './partition/elect.ts'
import { rulesIn, uncleanSetting } from './partition/rules.ts'

/** Nobody is left who is known to have all that was committed. */
export function isWithoutData({ leader, isr, elr }: PartitionImage): boolean {
  return leader === noLeader && isr.length === 0 && elr.length === 0
}

/**
 * With the elections that follow where settings are altered to allow unclean ones. Acknowledged records
 * may be lost by that; nothing else brings a partition back whose last members do not come.
 */
export function withElections<T>(
  image: MetadataImage,
  { records, response }: Decision<T>,
  brokerConfig: Entries,
): Decision<T> {
  const isAbout = records.some((one) => one.type === 'ConfigRecord' && one.name === uncleanSetting)
  if (!isAbout) return { records, response }
  const after = applyRecords(image, records)
  return { records: [...records, ...elections(after, brokerConfig)], response }
}

function elections(image: MetadataImage, brokerConfig: Entries): MetadataRecord[] {
  return partitionChanges(image, {
    rulesOf: rulesIn(image, { brokerConfig }),
    concerns: (partitions, partitionId) => partitions.leader(partitionId) === noLeader,
    wishOf: () => ({}),
  })
}
