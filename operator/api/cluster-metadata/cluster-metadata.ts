import { apiVersion } from '../group.ts'
import { dnsSubdomain } from '../schema/names.ts'
import { type ResourceOf, resource } from '../schema/resource.ts'
import { clusterMetadataSpec } from './spec.ts'

/**
 * The metadata log of a KafkaCluster, as a head and the objects that it names. It is the store's own:
 * nobody else writes it, so it is in no category and has no short name.
 */
export const ClusterMetadata = resource({
  apiVersion,
  kind: 'ClusterMetadata',
  plural: 'clustermetadatas',
  shortNames: [],
  categories: [],
  doc: 'The metadata log of a KafkaCluster. It belongs to kavka: an edit of it stops what the cluster decides.',
  name: { pattern: dnsSubdomain, maxLength: 253 },
  spec: clusterMetadataSpec,
  rules: [],
  columns: [
    { name: 'Type', type: 'string', jsonPath: '.spec.type' },
    { name: 'End', type: 'integer', jsonPath: '.spec.endOffset' },
    { name: 'Epoch', type: 'integer', jsonPath: '.spec.writer.epoch' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
})
export type ClusterMetadata = ResourceOf<typeof ClusterMetadata>
