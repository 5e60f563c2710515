import type { MetadataImage } from '../../../broker/metadata/image.ts'
import { metadataRecord } from '../../../broker/metadata/records.ts'
import type { RequestOf } from '../../../broker/protocol/apis.ts'
import { KafkaError } from '../../../broker/protocol/errors.ts'
import type { Decision } from './decision.ts'

/** How many a broker gets at once, as in Kafka. */
const blockSize = 1_000

/**
 * Gives a broker a block of producer ids, none of which is ever given out again.
 *
 * @throws {KafkaError} STALE_BROKER_EPOCH.
 */
export function allocateProducerIds(
  image: MetadataImage,
  { brokerId, brokerEpoch }: RequestOf<'AllocateProducerIds'>,
): Decision<{ producerIdStart: number; producerIdLen: number }> {
  if (image.brokers.get(brokerId)?.epoch !== brokerEpoch) {
    throw new KafkaError('STALE_BROKER_EPOCH', `${brokerEpoch} is no epoch of broker ${brokerId}`)
  }
  const producerIdStart = image.nextProducerId
  const nextProducerId = producerIdStart + blockSize
  return {
    records: [metadataRecord('ProducerIdsRecord', { brokerId, brokerEpoch, nextProducerId })],
    response: { producerIdStart, producerIdLen: blockSize },
  }
}
