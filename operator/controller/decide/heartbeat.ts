import type { MetadataImage } from '../../../broker/metadata/image.ts'
import type { RequestOf, ResponseInputOf } from '../../../broker/protocol/apis.ts'
import type { Entries } from '../../../broker/protocol/config/topic-values.ts'
import type { Decision } from './decision.ts'
import { fence, unfence } from './fencing.ts'
import { registeredBroker } from './register-broker.ts'

/**
 * What follows from a broker's saying that it is there. It is unfenced once it has applied its own
 * registration: before that it may believe in a leadership of its last life. Who wants to stop leads
 * nothing any more and may stop at once; only a new registration brings it back.
 *
 * @param about.registeredAt The offset of its registration. `currentMetadataOffset` is that of the
 *   last record which was applied.
 * @param about.brokerConfig Settings of all brokers.
 * @throws {KafkaError} BROKER_ID_NOT_REGISTERED, STALE_BROKER_EPOCH.
 */
export function heartbeat(
  image: MetadataImage,
  request: RequestOf<'BrokerHeartbeat'>,
  { registeredAt, brokerConfig }: { registeredAt: number; brokerConfig: Entries },
): Decision<ResponseInputOf<'BrokerHeartbeat'>> {
  const broker = registeredBroker(image, request)
  const isCaughtUp = request.currentMetadataOffset >= registeredAt
  const answer = (isFenced: boolean, shouldShutDown = false) => {
    return { throttleTimeMs: 0, errorCode: 0, isCaughtUp, isFenced, shouldShutDown }
  }
  if (request.wantShutDown) {
    const records = broker.fenced
      ? []
      : fence(image, broker, { brokerConfig, inControlledShutdown: true })
    return { records, response: answer(true, true) }
  }
  if (request.wantFence) {
    return {
      records: broker.fenced ? [] : fence(image, broker, { brokerConfig }),
      response: answer(true),
    }
  }
  if (broker.fenced && isCaughtUp && !broker.inControlledShutdown) {
    return { records: unfence(image, broker, brokerConfig), response: answer(false) }
  }
  return { records: [], response: answer(broker.fenced) }
}
