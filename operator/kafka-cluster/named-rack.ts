import type { KafkaCluster } from '../api/kafka-cluster/kafka-cluster.ts'

/** In which rack a broker stands by the resource alone; undefined where that does not say. */
export function namedRack({ brokers }: KafkaCluster['spec'], brokerId: number): string | undefined {
  const names = brokers.rack?.names ?? []
  return names.length === 0 ? undefined : names[brokerId % names.length]
}
