import type { MetadataImage } from '../../../broker/metadata/image.ts'
import { metadataRecord } from '../../../broker/metadata/records.ts'
import type { RequestOf, ResponseInputOf } from '../../../broker/protocol/apis.ts'
import type { Decision } from './decision.ts'
import { registeredBroker } from './register-broker.ts'

/** As in Kafka (ProducerIdsBlock.PRODUCER_ID_BLOCK_SIZE). */
const producerIdsPerBlock = 1_000

/**
 * Gives a broker the next ids for producers, which nobody else gets, whatever becomes of the broker.
 *
 * @throws {KafkaError} BROKER_ID_NOT_REGISTERED, STALE_BROKER_EPOCH.
 */
export function allocateProducerIds(
  image: MetadataImage,
  request: RequestOf<'AllocateProducerIds'>,
): Decision<ResponseInputOf<'AllocateProducerIds'>> {
  const { id: brokerId, epoch: brokerEpoch } = registeredBroker(image, request)
  const producerIdStart = image.nextProducerId
  const nextProducerId = producerIdStart + producerIdsPerBlock
  return {
    records: [metadataRecord('ProducerIdsRecord', { brokerId, brokerEpoch, nextProducerId })],
    response: {
      throttleTimeMs: 0,
      errorCode: 0,
      producerIdStart,
      producerIdLen: producerIdsPerBlock,
    },
  }
}
