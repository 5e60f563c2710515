import type { BrokerImage, MetadataImage } from '../../../broker/metadata/image.ts'
import { type MetadataRecord, metadataRecord } from '../../../broker/metadata/records.ts'
import type { Entries } from '../../../broker/protocol/config/topic-values.ts'
import { leadersLost, leadersRegained } from './leaders.ts'

/** A process, as the controller knows it. Another one of the same broker is not meant. */
export type Incarnation = { readonly brokerId: number; readonly incarnationId: string }

/**
 * Fences processes that are gone: none of them leads or is told of any more. Who is fenced already,
 * is another process by now or is not there is left out.
 */
export function fenceBrokers(image: MetadataImage, gone: readonly Incarnation[]): MetadataRecord[] {
  return gone.flatMap(({ brokerId, incarnationId }) => {
    const broker = image.brokers.get(brokerId)
    if (broker === undefined || broker.fenced || broker.incarnationId !== incarnationId) return []
    return fence(image, broker)
  })
}

/** @param broker One that is not fenced. */
export function fence(
  image: MetadataImage,
  { id: brokerId, epoch: brokerEpoch }: BrokerImage,
  { inControlledShutdown = false }: { inControlledShutdown?: boolean } = {},
): MetadataRecord[] {
  return [
    metadataRecord('BrokerRegistrationChangeRecord', {
      brokerId,
      brokerEpoch,
      fenced: 1,
      inControlledShutdown: inControlledShutdown ? 1 : 0,
    }),
    ...leadersLost(image, brokerId),
  ]
}

/** @param broker One that is fenced. */
export function unfence(
  image: MetadataImage,
  { id: brokerId, epoch: brokerEpoch }: BrokerImage,
  brokerConfig: Entries,
): MetadataRecord[] {
  return [
    metadataRecord('BrokerRegistrationChangeRecord', { brokerId, brokerEpoch, fenced: -1 }),
    ...leadersRegained(image, brokerId, brokerConfig),
  ]
}
