import { apiVersion, category } from '../group.ts'
import { dnsLabel } from '../schema/names.ts'
import { type ResourceInputOf, type ResourceOf, resource } from '../schema/resource.ts'
import { kafkaClusterSpec } from './spec.ts'
import { kafkaClusterStatus } from './status.ts'

/** A Kafka: brokers, how they are reached, and what holds for all its topics. */
export const KafkaCluster = resource({
  apiVersion,
  kind: 'KafkaCluster',
  plural: 'kafkaclusters',
  shortNames: ['kvc'],
  categories: [category],
  doc: 'A Kafka: brokers, how they are reached, and what holds for all its topics.',
  // Pods are called NAME-broker-ID, and a pod's name is a host name of at most 63 characters.
  name: { pattern: dnsLabel, maxLength: 40 },
  spec: kafkaClusterSpec,
  status: kafkaClusterStatus,
  rules: [],
  columns: [
    { name: 'Brokers', type: 'string', jsonPath: '.status.brokers.summary' },
    { name: 'Topics', type: 'integer', jsonPath: '.status.topics.total' },
    { name: 'URP', type: 'integer', jsonPath: '.status.topics.underReplicated' },
    { name: 'Leaderless', type: 'integer', jsonPath: '.status.topics.leaderless' },
    { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: 'Reason', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].reason' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
  scale: {
    specReplicasPath: '.spec.brokers.replicas',
    statusReplicasPath: '.status.brokers.ready',
    labelSelectorPath: '.status.brokers.selector',
  },
})
export type KafkaCluster = ResourceOf<typeof KafkaCluster>
export type KafkaClusterInput = ResourceInputOf<typeof KafkaCluster>
