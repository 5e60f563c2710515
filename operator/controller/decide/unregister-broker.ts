import type { MetadataImage } from '../../../broker/metadata/image.ts'
import { metadataRecord } from '../../../broker/metadata/records.ts'
import { KafkaError } from '../../../broker/protocol/errors.ts'
import type { Decision } from './decision.ts'

/**
 * Forgets a broker that is gone for good. One that is not there is forgotten already.
 *
 * @throws {KafkaError} INVALID_REQUEST: it is there, or has replicas that nobody else has.
 */
export function unregisterBroker(image: MetadataImage, brokerId: number): Decision<undefined> {
  const broker = image.brokers.get(brokerId)
  if (broker === undefined) return { records: [], response: undefined }
  if (!broker.fenced) {
    const message = `broker ${brokerId} is there: only one that is gone can be unregistered`
    throw new KafkaError('INVALID_REQUEST', message)
  }
  for (const { name, partitions } of image.topics.values()) {
    for (let partition = 0; partition < partitions.count; partition++) {
      if (!partitions.hasReplica(partition, brokerId)) continue
      const message = `broker ${brokerId} has a replica of ${name}-${partition}`
      throw new KafkaError('INVALID_REQUEST', message)
    }
  }
  const record = metadataRecord('UnregisterBrokerRecord', { brokerId, brokerEpoch: broker.epoch })
  return { records: [record], response: undefined }
}
