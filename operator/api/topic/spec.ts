import { integer, map, object, string } from '../schema/fields.ts'
import { dnsLabel } from '../schema/names.ts'
import { topicNamePattern } from './topic-name.ts'

export const topicSpec = object(
  {
    clusterRef: object(
      {
        name: string({
          pattern: dnsLabel,
          minLength: 1,
          maxLength: 40,
          immutable: true,
          doc: 'The KafkaCluster, in the namespace of the topic.',
        }),
      },
      { doc: 'Whose topic it is.' },
    ),
    topicName: string({
      pattern: topicNamePattern,
      minLength: 1,
      maxLength: 249,
      optional: true,
      immutable: true,
      doc: "Its name for Kafka's clients, if it is not metadata.name.",
    }),
    partitions: integer({
      min: 1,
      max: 10_000, // 220 KB of status; etcd takes 1.5 MB
      default: 1,
      doc: 'How many partitions it has. They may become more, never fewer.',
    }),
    replicationFactor: integer({
      min: 1,
      max: 100,
      optional: true,
      doc: 'How many replicas each partition has. Left out: default.replication.factor of the cluster.',
    }),
    config: map(string({ maxLength: 32_767, doc: 'A value.' }), {
      maxProperties: 64, // Kafka has half as many
      settings: 'topic',
      default: {},
      doc: "Settings of the topic, by Kafka's names.",
    }),
    deletionPolicy: string({
      enum: ['Delete', 'Retain'],
      default: 'Delete',
      doc: 'What becomes of the data when the resource is deleted.',
    }),
  },
  { doc: 'What is wanted.' },
  {
    always: [
      {
        reason: 'ReservedTopicName',
        at: ['topicName'],
        says: 'is kept for Kafka itself; choose another one',
        cel: "!has(self.topicName) || !(self.topicName in ['__consumer_offsets', '__transaction_state', '__share_group_state', '__cluster_metadata'])",
        holds: ({ topicName }) => topicName === undefined || !internalTopics.has(topicName),
      },
      {
        reason: 'InsufficientReplicas',
        at: ['config', 'min.insync.replicas'],
        says: 'must be at most replicationFactor, or nobody can write with acks=all',
        cel: "!has(self.replicationFactor) || !('min.insync.replicas' in self.config) || int(self.config['min.insync.replicas'].trim()) <= self.replicationFactor || !self.config['min.insync.replicas'].trim().matches('^[+-]?[0-9]+$')",
        holds: ({ replicationFactor, config }) =>
          replicationFactor === undefined ||
          Number(config['min.insync.replicas'] ?? 1) <= replicationFactor,
        found: ({ replicationFactor, config }) =>
          `${config['min.insync.replicas']} with a replicationFactor of ${replicationFactor}`,
        foundCel: [
          '%s with a replicationFactor of %d',
          "self.config['min.insync.replicas']",
          'self.replicationFactor',
        ],
      },
    ],
    onChange: [
      {
        reason: 'PartitionsShrinkForbidden',
        at: ['partitions'],
        says: 'may become more, never fewer: make another topic and move the records',
        cel: 'self.partitions >= oldSelf.partitions',
        holds: ({ partitions }, old) => partitions >= old.partitions,
        found: ({ partitions }, old) => `${partitions} where it was ${old.partitions}`,
        foundCel: ['%d where it was %d', 'self.partitions', 'oldSelf.partitions'],
      },
    ],
  },
)

/** Of Kafka 4.3. They never become resources. */
const internalTopics: ReadonlySet<string> = new Set([
  '__consumer_offsets',
  '__transaction_state',
  '__share_group_state',
  '__cluster_metadata',
])
