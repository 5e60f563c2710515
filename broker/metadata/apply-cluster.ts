import { configKey } from './image.ts'
import { type ImageEdit, inconsistent } from './image-edit.ts'
import { checkIsRead, maxMetadataVersion } from './reads-up-to.ts'
import type { MetadataRecord } from './records.ts'

export function applyCluster(
  edit: ImageEdit,
  { clusterId }: MetadataRecord<'ClusterRecord'>,
): void {
  if (edit.clusterId !== undefined && edit.clusterId !== clusterId) {
    throw inconsistent(`the log of cluster ${edit.clusterId} says it is that of ${clusterId}`)
  }
  edit.clusterId = clusterId
}

export function takeOver(
  edit: ImageEdit,
  { epoch, incarnationId, startOffset }: MetadataRecord<'ControllerEpochRecord'>,
): void {
  const { controller } = edit
  if (epoch <= controller.epoch) {
    throw inconsistent(`controller epoch ${epoch} comes after ${controller.epoch}`)
  }
  edit.addControllerEpoch({ epoch, incarnationId, startOffset })
}

/** Level 0 takes the feature back, as in Kafka. */
export function applyFeature(
  edit: ImageEdit,
  { name, featureLevel }: MetadataRecord<'FeatureLevelRecord'>,
): void {
  if (name === 'metadata.version') checkIsRead(featureLevel, maxMetadataVersion)
  if (featureLevel === 0) edit.features.delete(name)
  else edit.features.set(name, featureLevel)
}

/** A value of null takes the setting back. */
export function applyConfig(
  edit: ImageEdit,
  { resourceType: type, resourceName, name, value }: MetadataRecord<'ConfigRecord'>,
): void {
  const resource = { type, name: resourceName }
  const key = configKey(resource)
  const values = new Map(edit.configs.get(key)?.values)
  if (value === null) values.delete(name)
  else values.set(name, value)
  if (values.size === 0) edit.configs.delete(key)
  else edit.configs.set(key, { resource, values })
}

/** Kept is only up to where ids were given out, not to whom the last block went. */
export function applyProducerIds(
  edit: ImageEdit,
  { nextProducerId }: MetadataRecord<'ProducerIdsRecord'>,
): void {
  if (nextProducerId < edit.nextProducerId) {
    throw inconsistent(`next producer id ${nextProducerId} comes after ${edit.nextProducerId}`)
  }
  edit.nextProducerId = nextProducerId
}
