import { apiVersion, category } from '../group.ts'
import { dnsSubdomain } from '../schema/names.ts'
import { type ResourceInputOf, type ResourceOf, resource } from '../schema/resource.ts'
import { topicSpec } from './spec.ts'
import { topicStatus } from './status.ts'
import { topicNameOf } from './topic-name.ts'

/** A topic of a KafkaCluster. */
export const Topic = resource({
  apiVersion,
  kind: 'Topic',
  plural: 'topics',
  shortNames: ['kvt'],
  categories: [category],
  doc: 'A topic of a KafkaCluster.',
  name: { pattern: dnsSubdomain, maxLength: 253 },
  spec: topicSpec,
  status: topicStatus,
  rules: [
    {
      reason: 'TooLong',
      at: ['metadata', 'name'],
      says: 'must have at most 249 characters to be the name of a topic; or say spec.topicName',
      cel: 'has(self.spec.topicName) || self.metadata.name.size() <= 249',
      holds: (topic) => topicNameOf(topic).length <= 249,
      found: ({ metadata }) => String(metadata.name.length),
      foundCel: ['%d', 'self.metadata.name.size()'],
    },
  ],
  columns: [
    { name: 'Cluster', type: 'string', jsonPath: '.spec.clusterRef.name' },
    { name: 'Partitions', type: 'integer', jsonPath: '.spec.partitions' },
    { name: 'RF', type: 'integer', jsonPath: '.spec.replicationFactor' },
    { name: 'Online', type: 'integer', jsonPath: '.status.summary.online' },
    { name: 'URP', type: 'integer', jsonPath: '.status.summary.underReplicated' },
    { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: 'Reason', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].reason' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
})
export type Topic = ResourceOf<typeof Topic>
export type TopicInput = ResourceInputOf<typeof Topic>
