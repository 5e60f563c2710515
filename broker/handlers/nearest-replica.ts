import type { Partition } from '../partition/partition.ts'
import type { RequestOf } from '../protocol/apis.ts'
import { rackAwareSelector } from '../protocol/config/broker-names.ts'
import { aliveNodes } from './brokers.ts'
import type { Context } from './services.ts'

/** From which broker a consumer is to read a partition that is led here; undefined: from here. */
export type Nearest = (partition: Partition, fetchOffset: number) => number | undefined

/**
 * Chooses for a consumer in another rack than this broker's (KIP-392), as Kafka's `RackAwareReplicaSelector`. Only
 * where `replica.selector.class` says so.
 */
export function nearestReplica(
  { rackId }: RequestOf<'Fetch'>,
  { services, version, listener }: Context,
): Nearest | undefined {
  if (version < firstWithRack || rackId === '') return undefined
  if (services.entries.get('replica.selector.class')?.trim() !== rackAwareSelector) return undefined
  const image = services.image()
  if (image.brokers.get(services.nodeId)?.rack === rackId) return undefined
  const inRack = aliveNodes(image, listener).filter(({ rack }) => rack === rackId)
  if (inRack.length === 0) return undefined
  const among = new Set(inRack.map(({ nodeId }) => nodeId))
  return ({ role }, fetchOffset) => role.readReplica({ fetchOffset, among })
}

/** The first version of Fetch that says where its client is. Who asks in an earlier one does not read from followers. */
export const firstWithRack = 11
