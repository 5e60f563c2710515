import type { MetadataImage } from '../../../broker/metadata/image.ts'
import { type MetadataRecord, metadataRecord } from '../../../broker/metadata/records.ts'
import type { RequestOf } from '../../../broker/protocol/apis.ts'
import { KafkaError } from '../../../broker/protocol/errors.ts'
import type { Decision } from './decision.ts'
import { fenceBroker } from './fencing.ts'

/**
 * Takes a broker process into the cluster, fenced until it has caught up. It gets an epoch above all
 * that were given out; what its last life led it leads no more, so that a new life with a shorter log
 * never goes on in an old leader epoch (safety rules, cases 1 and 25).
 *
 * @param clusterId Whose brokers are taken.
 * @param isAlive Whether the process that is registered under this id is there.
 * @throws {KafkaError} INCONSISTENT_CLUSTER_ID, DUPLICATE_BROKER_REGISTRATION.
 */
export function registerBroker(
  image: MetadataImage,
  request: RequestOf<'BrokerRegistration'>,
  { clusterId, isAlive }: { clusterId: string; isAlive: boolean },
): Decision<{ brokerEpoch: number }> {
  const { brokerId, incarnationId } = request
  if (request.clusterId !== clusterId) {
    const what = `broker ${brokerId} is of cluster ${request.clusterId}, this one is ${clusterId}`
    throw new KafkaError('INCONSISTENT_CLUSTER_ID', what)
  }
  const before = image.brokers.get(brokerId)
  if (before !== undefined && before.incarnationId !== incarnationId && isAlive) {
    const what = `another process is registered as broker ${brokerId}, and is alive`
    throw new KafkaError('DUPLICATE_BROKER_REGISTRATION', what)
  }
  const brokerEpoch = image.highestBrokerEpoch + 1
  const records: MetadataRecord[] = [
    ...fenceBroker(image, brokerId),
    metadataRecord('RegisterBrokerRecord', {
      brokerId,
      incarnationId,
      brokerEpoch,
      endPoints: request.listeners,
      features: request.features,
      rack: request.rack,
      fenced: true,
      logDirs: request.logDirs,
    }),
  ]
  return { records, response: { brokerEpoch } }
}
