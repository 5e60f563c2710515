import type { MetadataImage } from '../../broker/metadata/image.ts'
import type { BrokersPlan } from './plan-brokers.ts'

/**
 * Whether all brokers that are wanted are there, so that topics can be spread over them; or one of them
 * does not come, and topics do without it.
 *
 * @param found.waitedMs Since somebody began to look after the cluster.
 */
export function isComplete(
  { desired }: Pick<BrokersPlan, 'desired'>,
  { image, waitedMs }: { image: MetadataImage; waitedMs: number },
): boolean {
  if (waitedMs > waitForBrokersMs) return true
  return desired.every(({ nodeId }) => image.brokers.get(nodeId)?.fenced === false)
}

const waitForBrokersMs = 15_000
