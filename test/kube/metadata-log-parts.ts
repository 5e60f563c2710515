import type { MetadataState } from '../../broker/metadata/position.ts'
import { type MetadataRecord, metadataRecord } from '../../broker/metadata/records.ts'
import { realRandom } from '../../lib/random.ts'
import { newUuid } from '../../operator/controller/new-uuid.ts'

/** A KafkaCluster that is not there: nothing deletes its log. */
export function owner(name: string) {
  return { apiVersion: 'kavka.dev/v1alpha1', kind: 'KafkaCluster', name, uid: `uid-of-${name}` }
}

/** With which a controller takes over. */
export function epochRecord({ image, offset }: MetadataState): MetadataRecord {
  const epoch = image.controller.epoch + 1
  const incarnationId = newUuid(realRandom)
  return metadataRecord('ControllerEpochRecord', { epoch, incarnationId, startOffset: offset })
}

/** @param value Said in a text of so many bytes. */
export function settingRecord(topic: string, value: number, bytes = 0): MetadataRecord {
  return metadataRecord('ConfigRecord', {
    resourceType: 2,
    resourceName: topic,
    name: 'retention.ms',
    value: `${value}${' '.repeat(bytes)}`,
  })
}
