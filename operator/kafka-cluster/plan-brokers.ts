import type { MetadataImage } from '../../broker/metadata/image.ts'
import type { KafkaCluster } from '../api/kafka-cluster/kafka-cluster.ts'
import { parseDuration } from '../api/schema/duration.ts'
import type { DesiredBroker } from '../runtime/process/process-runtime.ts'
import { namedRack } from './named-rack.ts'

/** Which brokers of a cluster there are to be. */
export type BrokersPlan = {
  /** By rising id. */
  readonly desired: readonly DesiredBroker[]
  /** Not wanted any more, and empty: to be stopped, and then to be forgotten by the controller. */
  readonly leaving: readonly number[]
  /** Not wanted any more, but with partitions that nobody else has. They stay until these are gone. */
  readonly occupied: readonly OccupiedBroker[]
}

export type OccupiedBroker = { readonly id: number; readonly partitions: number }

/** What the resource and the metadata log say together. Pure. */
export function planBrokers({ spec }: KafkaCluster, image: MetadataImage): BrokersPlan {
  const surplus = [...image.brokers.keys()].filter(isSurplus(spec))
  const counts = surplus.length === 0 ? new Map<number, number>() : replicaCounts(image)
  const ids = surplus.toSorted((a, b) => a - b)
  const occupied = ids.flatMap((id) => {
    const partitions = counts.get(id) ?? 0
    return partitions === 0 ? [] : [{ id, partitions }]
  })
  const wanted = Array.from({ length: spec.brokers.replicas }, (_, id) => id)
  const common = {
    config: brokerSettings(spec),
    autoCreateTopics: spec.topics.autoCreate,
  }
  return {
    desired: [...wanted, ...occupied.map(({ id }) => id)].map((nodeId) => {
      return { nodeId, rack: namedRack(spec, nodeId) ?? null, ...common }
    }),
    leaving: ids.filter((id) => !counts.has(id)),
    occupied,
  }
}

/** Whether a broker is not wanted any more, by its id: those above leave. */
export function isSurplus({ brokers }: KafkaCluster['spec']): (brokerId: number) => boolean {
  return (brokerId) => brokerId >= brokers.replicas
}

/** What all brokers of a cluster are set to, by Kafka's names. */
export function brokerSettings({ config, controller }: KafkaCluster['spec']) {
  return {
    ...config,
    // The resource has a field of its own for it, which wins over Kafka's name (that is refused).
    'broker.heartbeat.interval.ms': `${parseDuration(controller.heartbeatInterval)}`,
  }
}

/** By broker, how many replicas it has. */
function replicaCounts(image: MetadataImage): Map<number, number> {
  const counts = new Map<number, number>()
  for (const { partitions } of image.topics.values()) {
    for (let partition = 0; partition < partitions.count; partition++) {
      for (const id of partitions.at(partition).replicas) counts.set(id, (counts.get(id) ?? 0) + 1)
    }
  }
  return counts
}

/** `broker 3 has 20 partitions` */
export function occupiedInWords(occupied: readonly OccupiedBroker[]): string {
  return occupied
    .map(({ id, partitions }) => `broker ${id} has ${partitions} partitions`)
    .join(', ')
}
