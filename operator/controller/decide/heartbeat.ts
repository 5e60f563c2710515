import type { MetadataImage } from '../../../broker/metadata/image.ts'
import type { RequestOf, ResponseInputOf } from '../../../broker/protocol/apis.ts'
import { KafkaError } from '../../../broker/protocol/errors.ts'
import type { Decision } from './decision.ts'
import { shutDownBroker, unfenceBroker } from './fencing.ts'

/**
 * A broker is there. One that is fenced comes back once it knows its own registration; one that wants
 * to stop is relieved first.
 *
 * @param registrationOffset Where in the log its registration ends.
 * @throws {KafkaError} BROKER_ID_NOT_REGISTERED, STALE_BROKER_EPOCH: it has to register again.
 */
export function heartbeat(
  image: MetadataImage,
  request: RequestOf<'BrokerHeartbeat'>,
  { registrationOffset }: { registrationOffset: number },
): Decision<ResponseInputOf<'BrokerHeartbeat'>> {
  const { brokerId, brokerEpoch, currentMetadataOffset, wantFence, wantShutDown } = request
  const broker = image.brokers.get(brokerId)
  if (broker === undefined) {
    throw new KafkaError('BROKER_ID_NOT_REGISTERED', `broker ${brokerId} is not registered`)
  }
  if (broker.epoch !== brokerEpoch) {
    const what = `broker ${brokerId} has epoch ${broker.epoch} now, not ${brokerEpoch}`
    throw new KafkaError('STALE_BROKER_EPOCH', what)
  }
  const isCaughtUp = currentMetadataOffset >= registrationOffset
  if (wantShutDown) {
    const records = shutDownBroker(image, brokerId)
    const response = {
      errorCode: 0,
      throttleTimeMs: 0,
      isCaughtUp,
      isFenced: true,
      shouldShutDown: true,
    }
    return { records, response }
  }
  const comesBack = isCaughtUp && !wantFence && !broker.inControlledShutdown
  const isFenced = broker.fenced && !comesBack
  return {
    records: comesBack ? unfenceBroker(image, brokerId) : [],
    response: { errorCode: 0, throttleTimeMs: 0, isCaughtUp, isFenced, shouldShutDown: false },
  }
}
