import { encodeBatch, type MetadataBatch } from '../../../broker/metadata/batch.ts'
import { emptyState, positionOf } from '../../../broker/metadata/position.ts'
import { metadataRecord } from '../../../broker/metadata/records.ts'

/** The first batch of every log: whose it is. Of epoch 0, before the first controller. */
export function firstBatch(clusterId: string, timestampMs: number): MetadataBatch {
  const { offset: baseOffset, epoch: controllerEpoch } = positionOf(emptyState)
  const records = [metadataRecord('ClusterRecord', { clusterId })]
  return encodeBatch(records, { baseOffset, controllerEpoch, timestampMs })
}
