import type { KafkaCluster } from '../api/kafka-cluster/kafka-cluster.ts'

/** Enough to lose a broker while another one is started anew. */
const usualReplicas = 3

/**
 * How many replicas topics have that do not say, where the cluster does not say either: three, or as many
 * as there are brokers. Kafka's own default is one, for whoever tries it out with one broker.
 */
export function defaultReplicationFactor({ brokers }: KafkaCluster['spec']): number {
  return Math.min(usualReplicas, brokers.replicas)
}
